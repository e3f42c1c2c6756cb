"""Writes the parts of a model folder: the weights, the tokenizer's files, the graph with its metadata."""

from checkpoint import folder as checkpoint
from folder import onnx_file, tokenizer_files
from folder.data_file import DataFile
from graph import TEMPLATE
from graph.interpreter import interpret


def write(source, beside, facts, weights):
    """Writes the three parts of the folder; adds to facts what is known only then. Returns the graph."""
    with DataFile(beside / onnx_file.DATA, facts["dtype"]) as data:
        for name, weight in weights.items():
            data.add(name, weight.read())
    graph = interpret(TEMPLATE.read_text(encoding="utf-8"), facts, weights, facts["dtype"] != "float32")
    facts.update({"hooks": graph.hooks, **tokenizer_files.copy(source, beside), "source": source.resolve().name,
                  "source_sha256": {f.name: tokenizer_files.sha256(f) for f in checkpoint.weight_files(source)},
                  "weights_sha256": data.digest.hexdigest()})
    if "bos_id" not in facts or "eos_id" not in facts:
        add_ids(facts, checkpoint.read_json(source / "config.json"))
    onnx_file.save(onnx_file.build(graph, data.entries, facts["dtype"], facts), beside / onnx_file.NAME)
    return graph


def add_ids(facts, values):
    """Special ids that only config.json gives."""
    for key in ("bos", "eos", "pad"):
        value = values.get(f"{key}_token_id")
        if f"{key}_id" not in facts and type(value) is int and 0 <= value < facts["d_vocab"]:
            facts[f"{key}_id"] = value
