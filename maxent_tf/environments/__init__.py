"""Environments in pure TensorFlow: batched, and compiled together with the learner.

Every environment follows the protocol `Environment`. A finite environment is a `FiniteWorld`, whose
float64 tables the exact solvers of `maxent_tf.tabular` read. The environments that are named after
one of Gymnasium's, bsuite's or MiniGrid's follow its rules.
"""

from maxent_tf.environments.acrobot import Acrobot
from maxent_tf.environments.bandit import Bandit
from maxent_tf.environments.board_game import BoardGame, BoardState
from maxent_tf.environments.cartpole import CartPole
from maxent_tf.environments.chain import Chain
from maxent_tf.environments.connect_four import ConnectFour
from maxent_tf.environments.continuous_trap import ContinuousTrap
from maxent_tf.environments.deep_sea import DeepSea
from maxent_tf.environments.door_key import DoorKey
from maxent_tf.environments.finite import FiniteWorld
from maxent_tf.environments.four_rooms import FourRooms
from maxent_tf.environments.grid_world import GridWorld
from maxent_tf.environments.icy_grid import IcyGrid
from maxent_tf.environments.interface import Environment
from maxent_tf.environments.mountain_car import MountainCar
from maxent_tf.environments.mountain_car_continuous import MountainCarContinuous
from maxent_tf.environments.multi_goal import MultiGoal
from maxent_tf.environments.pendulum import Pendulum
from maxent_tf.environments.river_swim import RiverSwim
from maxent_tf.environments.synthetic_tree import SyntheticTree
from maxent_tf.environments.tic_tac_toe import TicTacToe
from maxent_tf.environments.two_goal_grid import TwoGoalGrid

__all__ = [
    "Acrobot",
    "Bandit",
    "BoardGame",
    "BoardState",
    "CartPole",
    "Chain",
    "ConnectFour",
    "ContinuousTrap",
    "DeepSea",
    "DoorKey",
    "Environment",
    "FiniteWorld",
    "FourRooms",
    "GridWorld",
    "IcyGrid",
    "MountainCar",
    "MountainCarContinuous",
    "MultiGoal",
    "Pendulum",
    "RiverSwim",
    "SyntheticTree",
    "TicTacToe",
    "TwoGoalGrid",
]
