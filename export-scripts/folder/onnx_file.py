"""model.onnx: the graph as protobuf, with the weights in model.onnx.data beside it."""

import hashlib
import json

import onnx
from onnx import TensorProto, helper

from folder.data_file import ONNX_TYPES

OPSET, IR = 17, 8
NAME, DATA = "model.onnx", "model.onnx.data"


def build(graph, entries, dtype, metadata):
    """The ModelProto. metadata: key -> value; strings stay plain, everything else becomes JSON text."""
    initializers = [_external(name, shape, offset, length, dtype) for name, (shape, offset, length) in entries.items()]
    initializers += [_constant(name, *constant) for name, constant in graph.constants.items()]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, dims) for n, dims in graph.inputs.items()]
    hooks = [helper.make_tensor_value_info(n, TensorProto.INT64 if n in graph.integer_hooks else TensorProto.FLOAT, dims) for n, dims in graph.hooks.items()]
    nodes = [helper.make_node(n.op, n.inputs, n.outputs, name=n.outputs[0], **n.attributes) for n in graph.nodes]
    proto = helper.make_graph(nodes, metadata["name"], inputs, [v for v in hooks if v.name == graph.output], initializers,
                              value_info=[v for v in hooks if v.name != graph.output])
    model = helper.make_model(proto, producer_name="PluginLens", ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)])
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value if isinstance(value, str) else json.dumps(value)
    model.metadata_props.add(key="seal", value=seal(model))
    return model


def seal(model):
    """SHA-256 of the graph's bytes and of every metadata key and value but its own: a reader refuses what has changed since."""
    digest = hashlib.sha256(model.graph.SerializeToString(deterministic=True))
    for entry in model.metadata_props:
        if entry.key != "seal":
            digest.update(f"{entry.key}\0{entry.value}\0".encode("utf-8"))
    return digest.hexdigest()


def save(model, path):
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def _external(name, shape, offset, length, dtype):
    tensor = TensorProto(name=name, data_type=ONNX_TYPES[dtype], dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", DATA), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def _constant(name, kind, rank, values):
    return helper.make_tensor(name, TensorProto.INT64 if kind == "i64" else TensorProto.FLOAT, [len(values)] if rank else [], values)


def load(path):
    return onnx.load(str(path), load_external_data=False)
