"""RiverSwim: a small reward downstream, a large one at the end of a swim against the current."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maxent_tf.environments.finite import FiniteWorld

# For the first, the middle and the last state: P(back), P(stay), P(advance) when swimming right;
# then the rewards downstream and upstream, and the distribution of the start over the states.
_FORMS = {
    "osband": (
        [(0.0, 0.4, 0.6), (0.05, 0.6, 0.35), (0.4, 0.6, 0.0)],
        (0.005, 1.0),
        (1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "strehl": (
        [(0.0, 0.7, 0.3), (0.1, 0.6, 0.3), (0.7, 0.3, 0.0)],
        (5.0, 10_000.0),
        (0.0, 0.5, 0.5, 0.0, 0.0, 0.0),
    ),
}
_STATES = 6


class RiverSwim(FiniteWorld):
    """Six states in a row, with a current to the left and a task without an end.

    Swimming left (action 0) always moves left, and pays a little in the first state. Swimming right
    (action 1) may fall back, stay or advance, with the probabilities of one of two forms:

    ====================  ==================  ==================
    form                  osband              strehl
    ====================  ==================  ==================
    first state           stay .4, on .6      stay .7, on .3
    middle: back/stay/on  .05 / .6 / .35      .1 / .6 / .3
    last state            back .4, stay .6    back .7, stay .3
    left in the first     pays 0.005          pays 5
    right in the last     pays 1              pays 10,000 if it stays
    start                 the first           second or third
    ====================  ==================  ==================

    No state is terminal. The outcomes of an action are back, stay, advance.

    Args:
      form: The paper whose constants are used, "osband" or "strehl".
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `form` is unknown.

    References:
      A. L. Strehl, M. L. Littman (2008), "An analysis of model-based interval estimation for Markov
      decision processes", https://doi.org/10.1016/j.jcss.2007.08.009;
      I. Osband, D. Russo, B. Van Roy (2013), "(More) efficient reinforcement learning via posterior
      sampling", https://arxiv.org/abs/1306.0940
    """

    def __init__(
        self, form: Literal["osband", "strehl"] = "osband", max_episode_steps: int | None = None
    ) -> None:
        if form not in _FORMS:
            raise ValueError(f"form must be one of {sorted(_FORMS)}, not {form!r}.")
        (first, middle, last), (downstream, upstream), initial = _FORMS[form]
        state = np.arange(_STATES)
        next_state = np.clip(state[:, None] + np.array([-1, 0, 1]), 0, _STATES - 1)
        reward = np.zeros((_STATES, 2, 3))
        reward[0, 0] = downstream
        reward[-1, 1] = upstream
        if form == "strehl":
            reward[-1, 1, 0] = 0.0
        left = np.tile([1.0, 0.0, 0.0], (_STATES, 1))
        right = np.array([first, *[middle] * (_STATES - 2), last])
        super().__init__(
            next_state=np.stack([next_state, next_state], 1),
            probability=np.stack([left, right], 1),
            reward=reward,
            terminal=np.zeros(_STATES, bool),
            initial=initial,
            max_episode_steps=max_episode_steps,
        )
