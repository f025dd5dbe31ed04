"""The policy of one learner as functions of plain tensors.

The functions are traced, so that TensorFlow stores operations and parameters alone: neither the
learner nor its distributions. Only the parameters that actions depend on are stored: no critics,
unless the policy follows from them, and nothing of the optimisers.

`B` is the number of environments, which is free in every function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.learners import Learner, as_trained
from maxent_tf.policies.dependence import depend_on
from maxent_tf.policies.member import Member, parameters
from maxent_tf.policies.named import named, nested
from maxent_tf.training.result import state_of
from maxent_tf.training.states import check_state

Outputs = dict[str, tf.Tensor]
_SEED = tf.TensorSpec([2], tf.int32, name="seed")


class Program:
    """The policy of one learner as functions of tensors by name.

    Args:
      learner: The learner. It may be a wrapper, or the learner inside the wrapper that the state
        belongs to.
      state: The state of the learners, or a result of training that has it.
      index: The place of the learner in the batch shape; None for a learner of batch shape [].

    Raises:
      ValueError: If the state is another learner's, or if `index` names no learner.

    Attributes:
      memory_names: The names of the recurrent states that the policy carries along.
    """

    def __init__(self, learner: Learner, state: Any, index: Any = None):
        state = state_of(state)
        learner = as_trained(learner, state)
        check_state(learner, state)
        self._learner = learner
        self._spec = learner.spec
        self._member = Member.of(learner.batch_shape, index)
        self._structure = state
        self._leaves = [
            self._member.of_state(tf.convert_to_tensor(x)) for x in tf.nest.flatten(state)
        ]
        self._observation = {
            name: tf.TensorSpec([None, *spec.shape], spec.dtype, name=name)
            for name, spec in named(self._spec.observation, self._spec.observation).items()
        }
        carry = tf.nest.map_structure(self._member.without_axes, learner.initial_carry(1))
        self._carry = [tf.TensorSpec([None, *x.shape[1:]], x.dtype) for x in tf.nest.flatten(carry)]
        self._takes_carry = "carry" in inspect.signature(_innermost(learner).policy).parameters
        used, self._remembered = self._used()
        self._leaves = [
            tf.Variable(x, trainable=False) if is_used else x
            for x, is_used in zip(self._leaves, used, strict=True)
        ]
        count = sum(self._remembered)
        names = ["memory"] if count == 1 else [f"memory_{i}" for i in range(count)]
        self.memory_names = tuple(names)

    @property
    def variables(self) -> list[tf.Variable]:
        """The parameters that the policy depends on."""
        return [x for x in self._leaves if isinstance(x, tf.Variable)]

    @functools.cached_property
    def functions(self) -> dict[str, Any]:
        """The functions, traced, by the names of their signatures.

        All take the observations, [B, *O], and the memories, if there are any, [B, ...].

        - `deterministic` returns the actions without exploration, as `action`, [B, *A], and the
          memories after them.
        - `sample` takes a `seed`, [2], int32, too, and returns the same of drawn actions.
        - `log_prob` takes actions, too, and returns their log-densities as `log_prob`, [B].
        - `parameters` returns the tensors that make the action distribution.
        - `initial_memory` takes `batch_size`, an int32 scalar, alone, and returns the memories with
          which an episode begins. It is there only if the policy has a memory.

        If the distribution has no density, as that of SQL, `log_prob` and `parameters` are missing.
        """
        memory = {
            name: tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for name, spec in zip(self.memory_names, self._kept(self._carry), strict=True)
        }
        inputs = {**self._observation, **memory}
        action = self._spec.action
        taken = tf.TensorSpec([None, *action.shape], action.dtype, name="action")
        traced = {
            "deterministic": _traced(self._deterministic, inputs),
            "sample": _traced(self._sample, {**inputs, "seed": _SEED}),
        }
        if traced_parameters := _traced(self._parameters, inputs):
            traced["log_prob"] = _traced(self._log_prob, {**inputs, "action": taken})
            traced["parameters"] = traced_parameters
        if memory:
            size = tf.TensorSpec([], tf.int32, name="batch_size")
            traced["initial_memory"] = _traced(self._initial_memory, {"batch_size": size})
        return traced

    def _deterministic(self, **inputs: tf.Tensor) -> Outputs:
        observation, carry = self._read(inputs)
        action, after = self._act(self._state(), carry, observation)
        return {"action": action, **self._memory(after)}

    def _sample(self, seed: tf.Tensor, **inputs: tf.Tensor) -> Outputs:
        observation, carry = self._read(inputs)
        state = self._state()
        action = self._draw(state, carry, observation, seed)
        return {"action": action, **self._memory(self._act(state, carry, observation)[1])}

    def _log_prob(self, action: tf.Tensor, **inputs: tf.Tensor) -> Outputs:
        observation, carry = self._read(inputs)
        distribution = self._distribution(self._state(), carry, observation)
        return {"log_prob": distribution.log_prob(action)}

    def _parameters(self, **inputs: tf.Tensor) -> Outputs:
        observation, carry = self._read(inputs)
        return parameters(self._distribution(self._state(), carry, observation))

    def _initial_memory(self, batch_size: tf.Tensor) -> Outputs:
        return self._memory(self._initial_carry(batch_size))

    def _used(self) -> tuple[list[bool], list[bool]]:
        """Returns which parts of the state, and which of the carry, actions depend on."""
        num_state, num_carry = len(self._leaves), len(self._carry)

        def everything(leaves: Any, carry: Any, observed: Any, seed: tf.Tensor) -> Any:
            state = tf.nest.pack_sequence_as(self._structure, leaves)
            observation = self._given(observed)
            action, after = self._act(state, carry, observation)
            return [action, self._draw(state, carry, observation, seed)], list(after)

        specs = [tf.TensorSpec(x.shape, x.dtype) for x in self._leaves]
        traced = tf.function(everything, autograph=False).get_concrete_function(
            specs, self._carry, self._observation, _SEED
        )
        outputs, inputs = traced.outputs, traced.inputs[: num_state + num_carry]
        roots, after = outputs[:2], outputs[2:]
        while True:
            needed = depend_on(roots, inputs)
            remembered = needed[num_state:]
            # What a memory of use is computed from is of use, too.
            more = [*outputs[:2], *(x for x, kept in zip(after, remembered, strict=True) if kept)]
            if len(more) == len(roots):
                return needed[:num_state], remembered
            roots = more

    def _state(self) -> Any:
        leaves = [
            x.read_value() if isinstance(x, tf.Variable) else tf.zeros(x.shape, x.dtype)
            for x in self._leaves
        ]
        return tf.nest.pack_sequence_as(self._structure, leaves)

    def _read(self, inputs: Outputs) -> tuple[Any, list[tf.Tensor]]:
        """Returns the observation, [1, ..., 1, B, *O], and the leaves of the carry, [B, ...]."""
        size = tf.shape(next(inputs[name] for name in self._observation))[0]
        carry = self._initial_carry(size)
        given = iter(inputs[name] for name in self.memory_names)
        carry = [
            next(given) if kept else x for x, kept in zip(carry, self._remembered, strict=True)
        ]
        return self._given({name: inputs[name] for name in self._observation}), carry

    def _given(self, observed: Outputs) -> Any:
        parts = {name: self._member.with_axes(x) for name, x in observed.items()}
        return nested(self._spec.observation, parts)

    def _initial_carry(self, size: tf.Tensor) -> list[tf.Tensor]:
        carry = tf.nest.flatten(self._learner.initial_carry(size))
        return [self._member.without_axes(x) for x in carry]

    def _packed(self, carry: list[tf.Tensor]) -> Any:
        leaves = [self._member.with_axes(x) for x in carry]
        return tf.nest.pack_sequence_as(self._learner.initial_carry(1), leaves)

    def _act(self, state: Any, carry: Any, observation: Any) -> tuple[tf.Tensor, list[tf.Tensor]]:
        seed = tf.zeros([2], tf.int32)  # from which nothing is drawn that has an effect
        acted = self._learner.act(state, self._packed(carry), observation, seed=seed, explore=False)
        after = [self._member.without_axes(x) for x in tf.nest.flatten(acted.carry)]
        return self._member.without_axes(acted.action), after

    def _distribution(self, state: Any, carry: list[tf.Tensor], observation: Any) -> Any:
        given = (self._packed(carry),) if self._takes_carry and carry else ()
        distribution = self._learner.policy(state, observation, *given)
        return self._member.of_distribution(distribution)

    def _draw(self, state: Any, carry: Any, observation: Any, seed: tf.Tensor) -> tf.Tensor:
        distribution = self._distribution(state, carry, observation)
        drawn = distribution.sample(seed=seed)
        return drawn if parameters(distribution) else self._member.without_axes(drawn)

    def _kept(self, carry: list[Any]) -> list[Any]:
        return [x for x, kept in zip(carry, self._remembered, strict=True) if kept]

    def _memory(self, carry: list[tf.Tensor]) -> Outputs:
        return dict(zip(self.memory_names, self._kept(carry), strict=True))


def _innermost(learner: Any) -> Any:
    return _innermost(learner.learner) if hasattr(learner, "learner") else learner


def _traced(function: Callable[..., Outputs], inputs: dict[str, tf.TensorSpec]) -> Any:
    """Returns a concrete function of tensors by name; None if it would return nothing."""
    traced = tf.function(function, autograph=False).get_concrete_function(**inputs)
    return traced if traced.outputs else None
