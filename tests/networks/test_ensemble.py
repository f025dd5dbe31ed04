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
            # Outputs are of size 1: one that happens to be near 0 keeps the rounding of its terms,
            # which kernels for one matrix and for a batch of them add up in different orders.
            alone = network.apply(member, x[i])
            np.testing.assert_allclose(outputs[i, k], alone, rtol=1e-5, atol=1e-6)
    kernels = params[0].kernel.numpy().reshape(10, -1)
    assert len(np.unique(kernels, axis=0)) == 10
