"""Environments by name."""

import gymnasium
import pytest

import maxent_tf as mx
from maxent_tf.cli.environments import IN_GRAPH, by_name, rendered_id
from maxent_tf.training.rollout import is_in_graph


@pytest.mark.parametrize("name", IN_GRAPH)
def test_names_of_the_package_are_in_the_graph(name: str) -> None:
    # Oracle: the class of that name; where it can be filmed, the spaces of Gymnasium's.
    env, spec = by_name(name)
    assert is_in_graph(env)
    assert type(env).__name__ == name
    if IN_GRAPH[name] is not None:
        theirs = mx.gymnasium_spec(rendered_id(name))
        assert (spec.observation.shape, spec.action) == (theirs.observation.shape, theirs.action)


def test_every_environment_that_needs_no_argument_has_its_name() -> None:
    # Oracle: the environments that can be made without an argument and have one player.
    found = set()
    for name in mx.environments.__all__:
        try:
            env = getattr(mx.environments, name)()
        except TypeError:
            continue
        if is_in_graph(env) and env.spec.num_players == 1:
            found.add(name)
    assert found == set(IN_GRAPH)


def test_other_names_are_gymnasiums() -> None:
    env, spec = by_name("Pendulum-v1")
    assert (env, spec) == ("Pendulum-v1", mx.gymnasium_spec("Pendulum-v1"))
    assert rendered_id("Pendulum-v1") == "Pendulum-v1"
    with pytest.raises(ValueError, match=r"ENV='TwoGoalGrid' draws no pictures.*CartPole"):
        rendered_id("TwoGoalGrid")
    assert all(gymnasium.spec(other) for other in IN_GRAPH.values() if other)
