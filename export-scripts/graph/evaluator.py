"""Runs a canonical graph in float64: slow, plain, and independent of any runtime. The exporter checks its own output with it."""

import math

import numpy as np

from graph.interpreter import Graph

WIDE = 1 << 21  # entries of a weight that are widened to float64 at once

OPERATORS = {}


def run(graph: Graph, weight, inputs, keep=()):
    """Values of the tensors named in keep (default: the output). weight(name) reads a weight; it is asked anew for every use."""
    keep = set(keep) or {graph.output}
    values = {name: np.asarray(value) for name, value in inputs.items()}
    types = {"i64": np.int64, "f32": np.float32}
    for name, (kind, rank, numbers) in graph.constants.items():
        array = np.array(numbers if rank else numbers[0], types[kind])
        values[name] = array.astype(np.float64) if kind == "f32" else array
    last = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    for i, node in enumerate(graph.nodes):
        operands = [values[n] if n in values else weight(n) for n in node.inputs]
        with np.errstate(all="ignore"):
            results = OPERATORS[node.op](node.attributes, *operands)
        del operands  # a weight must not outlive its node
        for name, value in zip(node.outputs, results if isinstance(results, tuple) else (results,)):
            values[name] = value
        for name in {*node.inputs, *node.outputs}:
            if last.get(name, -1) <= i and name not in keep and name in values:
                del values[name]
    return {name: values[name] for name in keep}


def operator(function):
    OPERATORS[function.__name__.rstrip("_")] = function
    return function


def _elementwise(name, function):
    OPERATORS[name] = lambda _, *x: function(*(v.astype(np.float64) if v.dtype == np.float32 else v for v in x))


for _name, _function in {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Pow": np.power, "Sqrt": np.sqrt, "Tanh": np.tanh, "Cos": np.cos, "Sin": np.sin,
    "Abs": np.abs, "Neg": np.negative, "Reciprocal": np.reciprocal, "Exp": np.exp, "Min": np.minimum, "Max": np.maximum, "Equal": np.equal,
    "LessOrEqual": np.less_equal, "Less": np.less, "Greater": np.greater, "GreaterOrEqual": np.greater_equal, "And": np.logical_and,
    "Or": np.logical_or, "Not": np.logical_not, "IsNaN": np.isnan, "Identity": lambda x: x, "Where": np.where,
    "Relu": lambda x: np.maximum(x, 0), "Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "Erf": np.vectorize(math.erf, otypes=[np.float64]),
    "Div": lambda a, b: a // b if np.issubdtype(np.result_type(a), np.integer) else a / b,
}.items():
    _elementwise(_name, _function)


@operator
def Cast(attributes, x):
    if x.dtype == np.float32 and attributes["to"] == 1:
        return x  # a weight; it is widened to float64 where it is used, a piece at a time
    return x.astype({1: np.float64, 7: np.int64, 9: np.bool_}[attributes["to"]])


@operator
def Shape(attributes, x):
    return np.array(x.shape[attributes.get("start", 0):attributes.get("end")], np.int64)


@operator
def Gather(attributes, x, indices):
    axis = attributes.get("axis", 0)
    if indices.size and (indices.min() < -x.shape[axis] or indices.max() >= x.shape[axis]):
        raise IndexError(f"index {indices.max()} is beyond {x.shape[axis]} rows")
    result = np.take(x, indices, axis)
    return result.astype(np.float64) if result.dtype == np.float32 else result


@operator
def Range(_, start, limit, delta):
    return np.arange(start, limit, delta)


@operator
def Expand(_, x, shape):
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape)))


@operator
def Unsqueeze(_, x, axes):
    return np.expand_dims(x, tuple(int(a) for a in axes))


@operator
def Squeeze(_, x, axes):
    return np.squeeze(x, tuple(int(a) for a in axes))


@operator
def Reshape(_, x, shape):
    return x.reshape([x.shape[i] if n == 0 else int(n) for i, n in enumerate(shape)])


@operator
def Flatten(attributes, x):
    return x.reshape(int(np.prod(x.shape[:attributes["axis"]])), -1)


@operator
def Transpose(attributes, x):
    return x.transpose(attributes["perm"])


@operator
def Concat(attributes, *x):
    return np.concatenate(x, attributes["axis"])


@operator
def Slice(_, x, starts, ends, axes):
    cut = [slice(None)] * x.ndim
    for start, end, axis in zip(starts, ends, axes):
        cut[axis] = slice(int(start), int(end))
    return x[tuple(cut)]


@operator
def ReduceMean(attributes, x):
    return x.mean(tuple(attributes["axes"]), keepdims=bool(attributes.get("keepdims", 1)))


@operator
def ReduceMax(attributes, x):
    return x.max(tuple(attributes["axes"]), keepdims=bool(attributes.get("keepdims", 1)))


@operator
def ReduceSum(attributes, x, axes):
    return x.sum(tuple(int(a) for a in axes), keepdims=bool(attributes.get("keepdims", 1)))


@operator
def CumSum(_, x, axis):
    return x.cumsum(int(axis))


@operator
def Softmax(attributes, x):
    axis = attributes["axis"]
    power = np.exp(x - x.max(axis, keepdims=True))
    return power / power.sum(axis, keepdims=True)


@operator
def TopK(attributes, x, k):
    order = np.argsort(-x, attributes.get("axis", -1), kind="stable")[..., :int(k[0])]
    return np.take_along_axis(x, order, -1), order


@operator
def MatMul(_, a, b):
    if a.dtype == b.dtype == np.float64 or b.size <= WIDE:
        return np.matmul(a, b.astype(np.float64, copy=False))
    step = max(1, WIDE // (b.size // b.shape[-1]))
    return np.concatenate([np.matmul(a, b[..., i:i + step].astype(np.float64)) for i in range(0, b.shape[-1], step)], -1)


@operator
def Gemm(attributes, a, b):
    if attributes != {"transB": 1}:
        raise NotImplementedError(attributes)
    return MatMul(None, a, b.T)


@operator
def Einsum(attributes, a, b):
    if attributes["equation"] != "bphe,hed->bpd":
        raise NotImplementedError(attributes["equation"])
    return MatMul(None, a.reshape(*a.shape[:2], -1), b.reshape(-1, b.shape[-1]))
