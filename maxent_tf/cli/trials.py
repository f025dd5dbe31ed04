"""An ablation as trials of TensorBoard's HParams plugin: one for each temperature and seed."""

from __future__ import annotations

import pathlib
import shutil

import numpy as np
import tensorflow as tf

from maxent_tf.ablation import Ablation
from maxent_tf.cli.extras import require
from maxent_tf.training.records import tag


def write(result: Ablation, folder: pathlib.Path) -> None:
    """Writes the learning curves and the final numbers of every learner for TensorBoard.

    Every learner is a run of TensorBoard with the hyperparameters "alpha", in reward per nat, and
    "seed". Its metrics are "final_return", the mean return of the evaluation, and "stuck", 0 or 1,
    if the ablation says which learners are stuck.

    Args:
      result: The ablation.
      folder: The folder to write, one folder in it for each learner. What it held is deleted.

    Raises:
      ImportError: If TensorBoard is not installed.
    """
    hp = require("tensorboard.plugins.hparams.api", "cli")
    if folder.exists():  # of the same ablation: two files of a run would be read as one
        shutil.rmtree(folder)
    numeric = all(setting.alpha is not None for setting in result.settings)
    alphas = [setting.alpha if numeric else setting.label for setting in result.settings]
    seeds = range(result.returns.shape[1])
    hparams = [hp.HParam("alpha", hp.Discrete(alphas)), hp.HParam("seed", hp.Discrete(list(seeds)))]
    finals = {"final_return": result.returns.mean(axis=-1)}
    if result.stuck is not None:
        finals["stuck"] = result.stuck.astype(np.float32)
    with tf.summary.create_file_writer(str(folder)).as_default():
        hp.hparams_config(hparams=hparams, metrics=[hp.Metric(name) for name in finals])
    curves = {tag(name): x for name, x in result.history.items() if name != "env_steps"}
    for i, (setting, alpha) in enumerate(zip(result.settings, alphas, strict=True)):
        for seed in seeds:
            own = folder / f"alpha={setting.label},seed={seed}"
            with tf.summary.create_file_writer(str(own)).as_default():
                hp.hparams(dict(zip(hparams, (alpha, seed), strict=True)))
                for name, values in finals.items():
                    tf.summary.scalar(name, values[i, seed], step=result.num_steps)
                for name, values in curves.items():
                    # A record in which no episode ended has no return.
                    for record in np.flatnonzero(~np.isnan(values[:, i, seed])):
                        steps = int(result.history["env_steps"][record])
                        tf.summary.scalar(name, values[record, i, seed], step=steps)
