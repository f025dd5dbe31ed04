"""IcyGrid slips and pays as described."""

import numpy as np

from maxent_tf.environments import IcyGrid


def test_tables_are_those_of_a_naive_loop() -> None:
    # Oracle: a loop over cells, moves and slips that adds up probabilities and expected rewards.
    env = IcyGrid()
    moves = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    transition, reward = np.zeros((25, 4, 25)), np.zeros((25, 4))
    for state in range(24):
        row, column = divmod(state, 5)
        for chosen in range(4):
            for drawn in range(4):
                probability = 0.8 * (drawn == chosen) + 0.2 / 4
                there = (row + moves[drawn][0], column + moves[drawn][1])
                inside = 0 <= there[0] < 5 and 0 <= there[1] < 5
                target = there[0] * 5 + there[1] if inside else state
                transition[state, chosen, target] += probability
                reward[state, chosen] += probability * {24: 1.0, 8: 0.65}.get(target, 0.0)
    transition[24, :, 24] = 1.0
    found = np.zeros_like(transition)
    for s, a, k in np.ndindex(*env.next_state.shape):
        found[s, a, env.next_state[s, a, k]] += env.probability[s, a, k]
    np.testing.assert_allclose(found, transition, rtol=0, atol=1e-15)
    np.testing.assert_allclose((env.probability * env.reward).sum(-1), reward, rtol=0, atol=1e-15)
    assert np.flatnonzero(env.terminal).tolist() == [24]
    assert np.flatnonzero(env.initial).tolist() == [0]
