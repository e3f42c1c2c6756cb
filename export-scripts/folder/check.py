"""Reads a finished folder back and believes nothing: names, shapes, offsets, the ONNX checker, and numbers."""

import json

import numpy as np
import onnx

from errors import ExportError
from folder import data_file, onnx_file, table
from graph import TEMPLATE, evaluator
from graph.interpreter import interpret

TOLERANCE = 1e-3  # on log-probabilities of processed against raw weights; float32 rounding of folded weights is near 1e-5


def check(beside, graph, facts, raw_config, raw, weights):
    """Raises where the folder is not what was meant; such an error is a bug of the exporter or a checkpoint that cannot work."""
    entries = structure(beside, graph, facts, weights)
    numbers(beside, graph, facts, entries, raw_config, raw, weights)


def structure(beside, graph, facts, weights):
    """The protobuf and the data file agree with each other and with the weights. Returns the entries of the data file."""
    try:
        onnx.checker.check_model(str(beside / onnx_file.NAME))
    except onnx.checker.ValidationError as error:
        raise ExportError(f"the written model.onnx is not valid: {str(error).splitlines()[0]}") from None
    model = onnx_file.load(beside / onnx_file.NAME)
    size = (beside / onnx_file.DATA).stat().st_size
    width = data_file.WIDTHS[facts["dtype"]]
    entries, end = {}, 0
    for tensor in model.graph.initializer:
        if tensor.name.startswith("const."):
            continue
        place = {e.key: e.value for e in tensor.external_data}
        shape, offset, length = tuple(tensor.dims), int(place["offset"]), int(place["length"])
        _expect(place["location"] == onnx_file.DATA and offset >= end and offset % data_file.ALIGNMENT == 0 and offset + length <= size,
                f"'{tensor.name}' lies at {place}")
        _expect(length == int(np.prod(shape)) * width and tensor.data_type == data_file.ONNX_TYPES[facts["dtype"]], f"'{tensor.name}' has {length} bytes")
        entries[tensor.name], end = (shape, offset, length), offset + length
    _expect(end == size, f"the weights end at {end}, the file at {size}")
    _expect({n: e[0] for n, e in entries.items()} == {n: w.shape for n, w in weights.items()}, "the weights are others than were meant")
    produced = {o for node in model.graph.node for o in node.output}
    _expect(set(graph.hooks) <= produced and len(produced) == sum(len(n.output) for n in model.graph.node), "a hook is missing or doubled")
    metadata = {p.key: p.value for p in model.metadata_props}
    _expect(all(metadata.get(k) == (v if isinstance(v, str) else json.dumps(v)) for k, v in facts.items()), "the metadata changed")
    _expect(table.misfit(facts) is None, f"the metadata hold {table.misfit(facts)}, which graph/folder.table does not know")
    return entries


def numbers(beside, graph, facts, entries, raw_config, raw, weights):
    """A forward pass: finite, of the declared shapes; with processed weights, the raw model's log-probabilities."""
    stored = data_file.reader(beside / onnx_file.DATA, entries, facts["dtype"])
    inputs = sample(graph, facts)
    values = evaluator.run(graph, stored, inputs, [graph.output] if facts["d_vocab"] > 4096 else graph.hooks)
    sizes = dict(zip(("batch", "pos", "key_pos"), (*inputs["input_ids"].shape, inputs["input_ids"].shape[1])))
    for name, value in values.items():
        expected = tuple(sizes.get(d, d) for d in graph.hooks[name])
        _expect(value.shape == expected, f"'{name}' has shape {list(value.shape)}, expected {list(expected)}")
        if not name.endswith("hook_attn_scores") and not np.isfinite(value).all():
            raise ExportError(f"the model gives {value[~np.isfinite(value)][0]} in '{name}': its weights cannot be right")
    if not facts["processing"]:
        return
    template = TEMPLATE.read_text(encoding="utf-8")
    before = evaluator.run(interpret(template, raw_config, raw), lambda n: raw[n].read(), inputs)
    if facts["dtype"] == "float32":
        after = {graph.output: values[graph.output]}
    else:
        after = evaluator.run(interpret(template, facts, weights), lambda n: weights[n].read(), inputs)
    away = max(np.abs(log_softmax(after[n]) - log_softmax(before[n])).max() if n == "logits" else 0 for n in before)
    if away > TOLERANCE:
        raise ExportError(f"processing {'+'.join(facts['processing'])} changed the log-probabilities by {away:.3g}; nothing was written: please report this")


def sample(graph, facts):
    """Two short sequences of ids from all over the vocabulary; the second is padded where the model takes a mask."""
    length = min(6, facts["n_ctx"])
    ids = (np.arange(2 * length, dtype=np.int64).reshape(2, length) * 7919 + 5) % facts["d_vocab"]
    mask = np.ones_like(ids)
    mask[1, length - length // 3:] = 0
    return {name: {"input_ids": ids, "attention_mask": mask, "token_type_ids": mask * 0}[name] for name in graph.inputs}


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _expect(condition, found):
    if not condition:
        raise ExportError(f"the written folder is not what was meant: {found}; please report this")
