"""The making of Gymnasium environments from an id, from an environment, or by a factory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from maxent_tf.specs import EnvironmentSpec, abbreviated

if TYPE_CHECKING:
    import gymnasium

_FACTORY = (
    "give a factory, a function without arguments that returns a new environment at every call: "
    "env=lambda: ..."
)


def is_vector(env: Any) -> TypeGuard[gymnasium.vector.VectorEnv]:
    """Returns whether `env` is a vector environment of Gymnasium, which nothing makes anew."""
    import gymnasium

    return isinstance(env, gymnasium.vector.VectorEnv)


def acts_itself(env: Any, num_envs: int) -> bool:
    """Returns whether `num_envs` environments are the object `env` itself, and not made from it."""
    import gymnasium

    return is_vector(env) or (isinstance(env, gymnasium.Env) and num_envs == 1)


def maker(env: Any, env_kwargs: Mapping[str, Any] | None = None) -> Callable[[], gymnasium.Env]:
    """Returns a function that makes a new environment at every call.

    Args:
      env: A Gymnasium id; an environment that `gymnasium.make` has made, wrapped or not, which is
        made again from its `spec`; or a factory, which returns a new environment.
      env_kwargs: The arguments for an id or a factory.

    Raises:
      TypeError: If `env` is none of these.
      ValueError: If `env` is an environment that cannot be made again, or one with `env_kwargs`.
    """
    import gymnasium

    if isinstance(env, str):
        return lambda: _made(lambda: gymnasium.make(env, **(env_kwargs or {})), f"env={env!r}", "")
    if isinstance(env, gymnasium.Env):
        shown = f"env={abbreviated(repr(env))}"
        check_no_arguments(env, env_kwargs)
        spec = env.spec
        if spec is None:
            raise ValueError(
                f"{shown} has no spec from which to make the further environments that are "
                f"needed: {_FACTORY}"
            )
        return lambda: _made(lambda: gymnasium.make(spec), shown, f" Or {_FACTORY}")
    if callable(env) and not is_vector(env):
        return lambda: _from_factory(env, env_kwargs or {})
    raise TypeError(
        "env must be one of maxent_tf.environments, a Gymnasium id, an environment or a vector "
        f"environment of Gymnasium, or a function that makes an environment, not {env!r}."
    )


def check_no_arguments(env: Any, env_kwargs: Mapping[str, Any] | None) -> None:
    """Raises ValueError if there are arguments for an environment that exists already."""
    if env_kwargs is not None:
        raise ValueError(
            f"env_kwargs={dict(env_kwargs)!r} are for a Gymnasium id or a factory, but "
            f"env={abbreviated(repr(env))} has been made already: make it with these arguments."
        )


def _made(make: Callable[[], gymnasium.Env], shown: str, remedy: str) -> gymnasium.Env:
    import gymnasium

    try:
        return make()
    # A TypeError or ValueError is the environment's, of its arguments.
    except (gymnasium.error.Error, TypeError, ValueError) as error:
        raise ValueError(f"{shown} cannot be made by Gymnasium: {error}{remedy}") from error


def _from_factory(factory: Callable[..., Any], env_kwargs: Mapping[str, Any]) -> gymnasium.Env:
    import gymnasium

    env = factory(**env_kwargs)
    if not isinstance(env, gymnasium.Env):
        remedy = "let it return one, which gymnasium.make does."
        if isinstance(getattr(env, "spec", None), EnvironmentSpec):
            remedy = "give an environment of this package as it is, not its class or a function."
        raise TypeError(
            f"the factory env={abbreviated(repr(factory))} returned {abbreviated(repr(env))}, "
            f"which is no single environment of Gymnasium: {remedy}"
        )
    return env
