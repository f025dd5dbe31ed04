r"""AlphaZero: a policy and a value that learn from their own search, batched over learners.

Pseudocode for each of the learners, with the network's policy p and value v:

1. Search from the present state, with p as the prior and v as the value of new states. Draw an
   action with probabilities proportional to pi^(1/T), where pi is the search's policy. Store the
   search's target policy and its value w of the state beside the transition.
2. On sequences of n + 1 steps from the replay buffer, set z = sum_k gamma^k r_{t+k} + gamma^n w
   with the stored value w of the last step, or without w where the episode terminates before.
3. Take one gradient step on -mean(<pi, log p>) + c mean((v - z)^2) / 2.

In games of two players, who take turns, gamma is negative: what one player wins, the other loses.

References:
  D. Silver et al. (2018), "A general reinforcement learning algorithm that masters chess, shogi,
  and Go through self-play", https://doi.org/10.1126/science.aar6404
  J. Schrittwieser et al. (2020), "Mastering Atari, Go, chess and shogi by planning with a learned
  model", https://arxiv.org/abs/1911.08265 (n-step targets from the values of the search)
  J.-B. Grill et al. (2020), "Monte-Carlo tree search as regularized policy optimization",
  https://arxiv.org/abs/2007.12509 (the policy of the rule as the target)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import checks, draws, losses, operators, optimizers, search
from maxent_tf.axes import merge_time, split_time
from maxent_tf.distributions import boltzmann
from maxent_tf.environments import Environment
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.interface import Learner, OffPolicy
from maxent_tf.networks import features
from maxent_tf.networks.heads import CategoricalHead
from maxent_tf.seeds import as_seed
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class AlphaZeroConfig:
    """The hyperparameters of `AlphaZero`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, which the hidden
        layers then take as their inputs. Policy and value share all layers but the last.
      hidden_sizes: The widths of the hidden layers. An empty tuple connects both heads directly to
        the features.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      optimizer: The optimiser. Its learning rate may be a tensor that broadcasts to `P`. A number
        stands for `Adam` with that learning rate.
      discount: The discount factor, in [0, 1].
      rule: The rule of the search, a `search.Rule`. Exploration uses it as it is. Evaluation uses
        it without noise at the root.
      num_simulations: The number of simulations of a search, at least 1.
      target: The policy that the network learns: "policy" is the one that the rule concludes,
        "visits" the share of the simulations that took each action. They are the same for `Puct`.
      move_temperature: T, at least 0, the exponent of exploration: actions are drawn with
        probabilities proportional to pi^(1/T). At 0 the most probable action is taken. It is a
        number, or a schedule, a function from the number of moves since the start of the episode,
        [*P, B], int32, to numbers of that shape, such as `temperature.piecewise([6], [1.0, 0.0])`.
      n_step: n, the length of the targets of the value, at least 1. From the length of an episode
        on, the target is the outcome of the episode.
      value_weight: c, at least 0, the factor of the value's loss.
      batch_size: The number of sequences of each learner in a minibatch.
      replay_capacity: The number of transitions that the replay buffer keeps for each learner.
      learning_starts: The number of steps that each learner takes with uniformly random actions
        before the first update. It searches there, too, and learns from what it finds.
      updates_per_step: The number of updates for each step of one environment, at least 0.0001;
        0.25 is one update every four steps.

    Raises:
      ValueError: If a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    optimizer: Any = field(default_factory=lambda: optimizers.Adam(1e-3))
    discount: float = 1.0
    rule: search.Rule = field(default_factory=lambda: search.Puct(normalize_q=False))
    num_simulations: int = 32
    target: str = "policy"
    move_temperature: float | Callable[[tf.Tensor], tf.Tensor] = 1.0
    n_step: int = 1
    value_weight: float = 1.0
    batch_size: int = 256
    replay_capacity: int = 100_000
    learning_starts: int = 1_000
    updates_per_step: float = 0.05

    def __post_init__(self) -> None:
        validation.check_shared(self)
        if isinstance(self.network, str):
            validation.one_of("network", self.network, ("mlp",))
        validation.in_range("discount", checks.number("discount", self.discount), 0, 1)
        if not isinstance(self.rule, search.Rule):
            raise ValueError(
                f"rule must be a rule of maxent_tf.search, such as Puct(), not {self.rule!r}."
            )
        validation.one_of("target", self.target, ("policy", "visits"))
        if not callable(self.move_temperature):
            checks.number("move_temperature", self.move_temperature)
            validation.not_negative("move_temperature", self.move_temperature)
        validation.not_negative("value_weight", checks.number("value_weight", self.value_weight))
        for name in ("num_simulations", "n_step", "batch_size", "replay_capacity"):
            validation.positive_integer(name, getattr(self, name))
        validation.positive_integer("learning_starts", self.learning_starts, least=0)
        checks.number("updates_per_step", self.updates_per_step)
        validation.in_range("updates_per_step", self.updates_per_step, 1e-4, 1e4)


class AlphaZeroState(NamedTuple):
    """The whole state of a learner; every tensor has `P` in front."""

    network: Any
    optimizer: Any


class Searched(NamedTuple):
    """What a search found in the state in which the learner acted: the extras of an act.

    Attributes:
      policy: [*P, B, A], float32, the policy that the network should learn.
      value: [*P, B], float32, the value of the state, for the player who moves there.
    """

    policy: tf.Tensor
    value: tf.Tensor


class AlphaZeroMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      policy_loss: The mean cross-entropy of the network's policy from the search's, in nats.
      value_loss: Half the mean squared difference of the network's value from its target.
      entropy: The mean entropy of the network's policy, in nats.
      divergence: The mean Kullback-Leibler divergence from the search's policy to the network's, in
        nats: what the search improves on, and what the network has not learned yet.
      value: The mean value, for the players who move.
      grad_norm: The global norm of the gradient.
    """

    policy_loss: tf.Tensor
    value_loss: tf.Tensor
    entropy: tf.Tensor
    divergence: tf.Tensor
    value: tf.Tensor
    grad_norm: tf.Tensor


class AlphaZero(Learner):
    """Learning by self-play, or alone, from the policies and values that a search finds.

    The learner plans in its environment: `act` needs the state `world`, and so the learner acts in
    environments of the graph alone. The state does not depend on the number of simulations. A
    learner with another `num_simulations` therefore acts from the same state.

    Args:
      env: The environment, in the graph and deterministic, with one discrete action. It has one
        player, or two who take turns and of whom one loses what the other wins.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If `env` is not an environment of the graph, its actions are not discrete, or a
        tensor among the hyperparameters does not broadcast to `batch_shape`.
    """

    metric_names = AlphaZeroMetrics._fields
    plans = True

    def __init__(
        self,
        env: Environment,
        config: AlphaZeroConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        if not isinstance(env, Environment):
            raise ValueError(
                "env must be an environment of the graph, such as maxent_tf.environments."
                f"TicTacToe(), in which AlphaZero can plan, not {env!r}."
            )
        self.env, self.spec = env, env.spec
        self.config = config = validation.as_config(self.spec, config, AlphaZeroConfig, players=2)
        self.num_actions = validation.discrete_actions("AlphaZero", self.spec)
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = OffPolicy(
            config.replay_capacity,
            config.batch_size,
            config.learning_starts,
            config.updates_per_step,
            # The last step gives the value behind the n-th.
            sequence_length=config.n_step + 1,
        )
        self.discount = config.discount
        validation.check_optimizer("optimizer", config.optimizer, self.batch_shape)
        self._head = CategoricalHead(self.num_actions)
        # Small outputs: a fresh learner searches with near uniform priors and values near 0.
        self._network = make_approximator(self.spec, config, self.num_actions + 1, 0.01)

    def init(self, seed: Any) -> AlphaZeroState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        network = self._network.init(as_seed(seed), self.batch_shape)
        return AlphaZeroState(network, self.config.optimizer.init(network))

    def policy(self, state: AlphaZeroState, observation: Any) -> Any:
        """Returns the network's policy, the prior of the search.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """
        validation.check_state_kind(self, state, AlphaZeroState)
        return self._outputs(state.network, observation)[0]

    def value(self, state: AlphaZeroState, observation: Any) -> tf.Tensor:
        """Returns the network's values, [*P, B], for the players who move at the observations."""
        validation.check_state_kind(self, state, AlphaZeroState)
        return self._outputs(state.network, observation)[1]

    def initial_carry(self, num_envs: Any) -> tf.Tensor:
        """Returns the number of moves at the start of an episode, 0, as [*P, B], int32."""
        return tf.zeros([*self.batch_shape, num_envs], tf.int32)

    def act(
        self,
        state: AlphaZeroState,
        carry: tf.Tensor,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Searches and chooses actions; without exploration, the search's most probable ones.

        The carry is the number of moves since the start of the episode. The extras are `Searched`.

        Raises:
          ValueError: If `world` is None.
        """
        validation.check_state_kind(self, state, AlphaZeroState)
        if world is None:
            raise ValueError(
                "world must be the state of the environment in which AlphaZero plans, not None: "
                "train and evaluate it in its environment of the graph. Environments of Gymnasium "
                "and stored policies show observations alone; there, `policy` gives the network's "
                "policy without a search."
            )
        search_seed, action_seed = tf.unstack(draws.split(as_seed(seed), 2))
        found = self._search(state, observation, world, search_seed, explore)
        if explore:
            policy = boltzmann(tf.math.log(found.policy), self._move_temperature(carry))
            action = policy.sample(seed=action_seed)
        else:
            action = tf.argmax(found.policy, axis=-1, output_type=tf.int32)
        return Acted(action, carry + 1, Searched(self._target_policy(found), found.value))

    def update(
        self, state: AlphaZeroState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Makes one update.

        Args:
          state: The state of the learners.
          batch: The sequences, fields [n + 1, *P, B, ...], all valid, with `Searched` as extras.
            The network learns from the first step of each.
          seed: Not used, because the update is deterministic.
          weight: [*P, B], importance weights in the value's loss; None is 1.

        Returns:
          The new state, `AlphaZeroMetrics`, and the absolute errors of the values before the
          update.
        """
        del seed
        validation.check_state_kind(self, state, AlphaZeroState)
        scalar, actions = (tf.TensorSpec(shape, tf.float32) for shape in ([], [self.num_actions]))
        length = self.config.n_step + 1
        extras = Searched(actions, scalar)
        off_policy.check_batch(self.spec, batch, self.batch_shape, length, extras)
        target, searched = self._value_target(state, batch), batch.extras.policy[0]
        observation = tf.nest.map_structure(lambda x: x[0], batch.observation)

        def loss(network: Any) -> tuple[tf.Tensor, Any]:
            policy, value = self._outputs(network, observation)
            log_prob = tf.nn.log_softmax(policy.logits_parameter())
            policy_loss = -tf.reduce_mean(_expectation(searched, log_prob), axis=-1)
            value_loss = losses.squared_error_loss(value, target, weight=weight)
            total = policy_loss + self.config.value_weight * value_loss
            return total, (policy, value, policy_loss, value_loss)

        descent = optimizers.gradient_step(
            loss, state.network, self.config.optimizer, state.optimizer, len(self.batch_shape)
        )
        policy, value, policy_loss, value_loss = descent.aux
        own = tf.reduce_mean(_expectation(searched, tf.math.log(searched)), axis=-1)
        metrics = AlphaZeroMetrics(
            policy_loss=policy_loss,
            value_loss=value_loss,
            entropy=tf.reduce_mean(policy.entropy(), axis=-1),
            divergence=policy_loss + own,
            value=tf.reduce_mean(value, axis=-1),
            grad_norm=descent.grad_norm,
        )
        return Updated(
            AlphaZeroState(descent.params, descent.optimizer), metrics, tf.abs(value - target)
        )

    def _outputs(self, network: Any, observation: Any) -> tuple[Any, tf.Tensor]:
        """Returns the policy, of batch shape [*P, B], and the values, [*P, B]."""
        outputs = self._network.apply(network, features.flatten(self.spec.observation, observation))
        mask = features.action_mask(self.spec.observation, observation)
        return self._head(outputs[..., :-1], mask), outputs[..., -1]

    def _search(
        self, state: AlphaZeroState, observation: Any, world: Any, seed: tf.Tensor, explore: bool
    ) -> search.Summary:
        """Returns what a search finds in each environment: fields [*P, B, ...]."""
        ndims = len(self.batch_shape) + 1

        def as_roots(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [-1, *x.shape[ndims:]])

        config = self.config
        worlds, seen = tf.nest.map_structure(as_roots, (world, observation))
        root, mask = search.world_root(self.env, self, state, worlds, seen)
        model = search.world_model(self.env, self, discount=config.discount)
        rule = config.rule if explore else config.rule.without_noise()
        tree = search.search(model, state, root, config.num_simulations, rule, mask=mask, seed=seed)
        return tf.nest.map_structure(
            lambda x: tf.reshape(x, [*self.batch_shape, -1, *x.shape[1:]]), search.summary(tree)
        )

    def _target_policy(self, found: search.Summary) -> tf.Tensor:
        if self.config.target == "policy":
            return found.target
        return found.visits / tf.reduce_sum(found.visits, axis=-1, keepdims=True)

    def _move_temperature(self, moves: tf.Tensor) -> tf.Tensor | float:
        temperature = self.config.move_temperature
        return temperature(moves) if callable(temperature) else temperature

    def _value_target(self, state: AlphaZeroState, batch: Transition) -> tf.Tensor:
        """Returns the n-step returns of the first steps, [*P, B], bootstrapped by the search."""
        n, ndims = self.config.n_step, len(self.batch_shape)
        steps = tf.nest.map_structure(lambda x: x[:n], batch)
        # No search was made in the final observation of an episode that was cut.
        final = self.value(state, merge_time(steps.next_observation, ndims))
        next_value = tf.where(steps.truncated, split_time(final, ndims, n), batch.extras.value[1:])
        sign = -1.0 if self.spec.num_players == 2 else 1.0
        discount = sign * self.config.discount * (1 - tf.cast(steps.terminated, tf.float32))
        return operators.lambda_return(steps.reward, discount, next_value, 1.0, steps.truncated)[0]


def _expectation(policy: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Returns the means over actions, [...], of `x`, [..., A], which may be infinite at 0."""
    return tf.reduce_sum(tf.math.multiply_no_nan(x, policy), axis=-1)
