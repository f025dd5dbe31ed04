"""The interface of optimisers, as learners use it."""

from __future__ import annotations

from typing import Any, Protocol


class Optimizer(Protocol):
    """Gradient descent as two pure functions."""

    def init(self, params: Any) -> Any:
        """Returns the state before the first update of `params`."""

    def update(self, grads: Any, state: Any, params: Any, batch_ndims: int = 0) -> tuple[Any, Any]:
        """Returns the parameters and the state after one step against the gradients."""
