"""`marginal.total` as an operation that PyTensor can differentiate and nutpie can compile."""

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from models import marginal

DIFFERENTIABLE = 4  # satisfied, weight, eps, hazard; the other inputs are data


class MarginalLikelihood(Op):
    """Inputs of `marginal.total`; the log likelihood and its derivatives."""

    __props__ = ()

    def make_node(self, *inputs):
        tensors = [pt.as_tensor(each) for each in inputs]
        results = [pt.dscalar(), pt.dmatrix(), pt.dvector(), pt.dvector(), pt.dmatrix()]
        return Apply(self, tensors, results)

    def perform(self, node, inputs, output_storage):
        for storage, value in zip(output_storage, marginal.total(*inputs), strict=True):
            storage[0] = value

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        derivatives = [cotangents[0] * each for each in outputs[1:]]
        return [*derivatives, *[pt.zeros_like(each, dtype="float64") for each in inputs[DIFFERENTIABLE:]]]


@register_funcify_default_op_cache_key(MarginalLikelihood)
def _in_numba(op, node, **_):
    return marginal.total, 2


log_likelihood = MarginalLikelihood()
