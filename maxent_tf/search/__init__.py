"""Tree search: batched over roots, compiled, with any function as its model.

`search` grows a tree under every root by a rule: `Puct` is AlphaZero's and MuZero's, `Regularized`
follows the policy that PUCT's visits approach, `Entropic` backs up regularised maxima (MENTS,
RENTS, TENTS), and `Gumbel` improves on its prior with few simulations. Every one of these policies
is `regularizer.greedy(q, alpha)` at a node, or approaches it. `Uct` has neither a prior nor a
regulariser. `summary` tells what a search found; `descend` keeps the part of a tree below an
action. `world_model` makes a model of an environment and a learner.
"""

from maxent_tf.search.entropic import Entropic
from maxent_tf.search.gumbel import Gumbel
from maxent_tf.search.interface import Rule
from maxent_tf.search.puct import Puct
from maxent_tf.search.regularized import Regularized
from maxent_tf.search.reuse import descend
from maxent_tf.search.search import search
from maxent_tf.search.tree import Model, ModelStep, Node, Outcome, Root, Summary, Tree, summary
from maxent_tf.search.uct import Uct
from maxent_tf.search.world_model import world_model, world_root

__all__ = [
    "Entropic",
    "Gumbel",
    "Model",
    "ModelStep",
    "Node",
    "Outcome",
    "Puct",
    "Regularized",
    "Root",
    "Rule",
    "Summary",
    "Tree",
    "Uct",
    "descend",
    "search",
    "summary",
    "world_model",
    "world_root",
]
