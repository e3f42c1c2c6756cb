"""What the tests share: running the exporter in this process, and reading back what it wrote without its own code."""

import contextlib
import io
import json
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.shape_inference

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINTS = ROOT / "tests" / "Golden" / "checkpoints"
NAMES = sorted(p.name for p in CHECKPOINTS.iterdir() if (p / "config.json").exists())
NEXT = ROOT / "tests" / "Golden" / "next"
FURTHER = sorted(p.name for p in NEXT.iterdir() if (p / "config.json").exists())
sys.path.insert(0, str(ROOT / "export-scripts"))

import export  # noqa: E402
from graph import evaluator  # noqa: E402
from graph.interpreter import Graph, Node  # noqa: E402

TYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "BF16": "<u2", "BOOL": "|b1", "U8": "|u1"}


def run(*arguments):
    """Exit code, standard output and standard error of one export."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = export.main([str(a) for a in arguments])
    return code, out.getvalue(), err.getvalue()


def tried(text):
    """Says what was tried and how it ended: ./test prints it when the suites are through."""
    folder = ROOT / "artifacts" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "export.figures", "a", encoding="utf-8") as file:
        file.write(text + "\n")


def folder_of(name):
    return (NEXT if name in FURTHER else CHECKPOINTS) / name


class Workspace:
    """A temporary folder; exported(...) gives the model folder of a golden checkpoint, made once."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.made = {}

    def exported(self, name, *flags):
        key = (name, *flags)
        if key not in self.made:
            destination = self.path / str(len(self.made)) / name
            code, _, err = run(folder_of(name), destination, *flags)
            assert code == 0, err
            self.made[key] = ModelFolder(destination)
        return self.made[key]


class ModelFolder:
    """model.onnx and model.onnx.data as any reader would see them."""

    def __init__(self, path):
        self.path = path
        self.proto = onnx.load(str(path / "model.onnx"), load_external_data=False)
        self.metadata = {p.key: p.value for p in self.proto.metadata_props}
        self.stored, constants = {}, {}
        for tensor in self.proto.graph.initializer:
            if tensor.external_data:
                self.stored[tensor.name] = tensor
            else:
                values = onnx.numpy_helper.to_array(tensor)
                constants[tensor.name] = ("i64" if values.dtype == np.int64 else "f32", values.ndim, tuple(values.reshape(-1).tolist()))
        nodes = [Node(n.op_type, list(n.input), list(n.output), {a.name: self.attribute(a) for a in n.attribute}) for n in self.proto.graph.node]
        self.graph = Graph(nodes, constants, {i.name: None for i in self.proto.graph.input}, {}, set(), self.proto.graph.output[0].name)

    @staticmethod
    def attribute(attribute):
        value = onnx.helper.get_attribute_value(attribute)
        return value.decode() if isinstance(value, bytes) else value

    def weight(self, name):
        tensor = self.stored[name]
        place = {e.key: e.value for e in tensor.external_data}
        data = (self.path / place["location"]).read_bytes()[int(place["offset"]):][:int(place["length"])]
        values = np.frombuffer(data, {1: "<f4", 10: "<f2", 16: "<u2"}[tensor.data_type]).reshape(tuple(tensor.dims))
        if tensor.data_type == 16:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(np.float32)

    def weights(self):
        return {name: self.weight(name) for name in self.stored}

    def run(self, inputs, names):
        return evaluator.run(self.graph, self.weight, {n: inputs[n] for n in self.graph.inputs}, names)

    def log_probabilities(self, inputs):
        logits = self.run(inputs, ["logits"])["logits"]
        logits = logits - logits.max(-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def read_safetensors(path):
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {n: np.frombuffer(data[8 + length:][slice(*e["data_offsets"])], TYPES[e["dtype"]]).reshape(e["shape"]) for n, e in header.items()}


def write_safetensors(path, tensors):
    """tensors: name -> array of float32, float16, int64 or (as bfloat16) uint16."""
    names = {"bool": "BOOL", "uint8": "U8", "float32": "F32", "float16": "F16", "int64": "I64", "uint16": "BF16", "float64": "F64"}
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": names[str(values.dtype)], "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values).tobytes())


def reference(name, file):
    path = folder_of(name) / "reference" / file
    return read_safetensors(path) if path.suffix == ".safetensors" else json.loads(path.read_text())


def inputs_of(reference_activations, model):
    """The graph's inputs from a reference file, which holds those that its own run was given."""
    ids = reference_activations["input_ids"]
    defaults = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    return {n: reference_activations.get(n, defaults[n]) for n in model.graph.inputs}
