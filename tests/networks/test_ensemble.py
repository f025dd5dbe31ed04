"""Ensembles against their members, one network at a time."""

import numpy as np

from maxent_tf import draws
from maxent_tf.networks import MLP, Ensemble
from maxent_tf.seeds import as_seed


def test_an_ensemble_is_its_members() -> None:
    # Oracle: the network itself with one member's parameters.
    network = MLP(3, (4,), 2)
    ensemble = Ensemble(network, 5)
    params = ensemble.init(as_seed(0), [2])
    x = draws.normal([2, 6, 3], as_seed(1))
    outputs = ensemble.apply(params, x)
    assert outputs.shape == (2, 5, 6, 2)
    for i in range(2):
        for k in range(5):
            member = tuple(type(layer)(layer.kernel[i, k], layer.bias[i, k]) for layer in params)
            np.testing.assert_allclose(outputs[i, k], network.apply(member, x[i]), rtol=1e-5)
    kernels = params[0].kernel.numpy().reshape(10, -1)
    assert len(np.unique(kernels, axis=0)) == 10
