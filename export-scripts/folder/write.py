"""Writes the parts of a model folder: the weights, the tokenizer's files, the graph with its metadata."""

from folder import onnx_file, tokenizer_files
from folder.data_file import DataFile
from graph import TEMPLATE
from graph.interpreter import interpret


def write(source, beside, facts, weights, loaded, source_name=None):
    """Writes the three parts of the folder; adds to facts what is known only then, to the notes what the user should know. Returns the graph."""
    with DataFile(beside / onnx_file.DATA, facts["dtype"]) as data:
        for name, weight in weights.items():
            data.add(name, weight.read())
    graph = interpret(TEMPLATE.read_text(encoding="utf-8"), facts, weights, facts["dtype"] != "float32")
    facts.update({"hooks": graph.hooks, **tokenizer_files.copy(source, beside, facts["d_vocab"], loaded.notes), "source": source_name or source.resolve().name,
                  "source_sha256": {f.name: tokenizer_files.sha256(f) for f in loaded.files}, "weights_sha256": data.digest.hexdigest()})
    if "bos_id" not in facts or "eos_id" not in facts:
        facts.update({key: value for key, value in loaded.ids.items() if key not in facts and type(value) is int and 0 <= value < facts["d_vocab"]})
    onnx_file.save(onnx_file.build(graph, data.entries, facts["dtype"], facts), beside / onnx_file.NAME)
    return graph
