r"""The exact policy of each objective.

Entropy as a reward counts wherever the policy goes: its optimum is the soft-optimal policy, which
is Boltzmann in the soft action values. Entropy as a bonus pulls at the visited state alone, while
the critic knows rewards only. With such a bonus, a policy gradient stands still where, for all
actions,

.. math:: \pi(a) \big(Q^\pi(a) - \alpha \log \pi(a) - V^\pi - \alpha H(\pi)\big) = 0,

that is, where the policy is Boltzmann in its own action values without entropy,

.. math:: \pi(a | s) \propto \exp(Q^\pi(s, a) / \alpha):

which is an equilibrium, and the maximum of no objective.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.special

from maxent_tf.tabular import TabularMDP, evaluate_policy, soft_policy_iteration


class ExactPolicies(NamedTuple):
    """The policies of one objective along a path of temperatures.

    Attributes:
      policy: [alphas, S, A], the policies.
      v: [alphas, S], the values that a converged critic predicts.
    """

    policy: np.ndarray
    v: np.ndarray


def exact_policies(m: TabularMDP, objective: str, alphas: np.ndarray) -> ExactPolicies:
    """Returns the soft-optimal policies ("reward") or the equilibria ("bonus").

    Args:
      m: The process.
      objective: "bonus" or "reward".
      alphas: [alphas], the temperatures, in reward per nat, positive.
    """
    if objective == "reward":
        solution = soft_policy_iteration(m, alphas)
        return ExactPolicies(solution.policy.numpy(), solution.v.numpy())
    return bonus_equilibrium(m, alphas, np.zeros((m.num_states, m.num_actions)))


def bonus_equilibrium(
    m: TabularMDP, alphas: np.ndarray, logits: np.ndarray, tolerance: float = 1e-10
) -> ExactPolicies:
    """Iterates with damping towards the policy that is Boltzmann in its own action values.

    Args:
      m: The process.
      alphas: [alphas], the temperatures, in reward per nat, positive.
      logits: [S, A] or [alphas, S, A], the logits of the first policy.
      tolerance: The tolerance of the probabilities.

    Raises:
      RuntimeError: If 10,000 iterations do not suffice.
    """
    logits = np.broadcast_to(logits, (len(alphas), m.num_states, m.num_actions))
    for _ in range(10_000):
        policy = scipy.special.softmax(logits, -1)
        evaluation = evaluate_policy(m, policy)
        boltzmann = evaluation.q.numpy() / alphas[:, None, None]
        error = np.abs(scipy.special.softmax(boltzmann, -1) - policy).max()
        if error <= tolerance:
            return ExactPolicies(policy, evaluation.v.numpy())
        # An undamped iteration can swing between two policies.
        logits = logits + 0.2 * (boltzmann - logits)
    raise RuntimeError(f"the equilibrium is still off by {error:g} after 10,000 iterations.")
