"""One export from start to end: read, map, process, write beside the destination, check, rename."""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

import architectures
import canonical
import processing
from architectures.reader import Config
from checkpoint import folder as checkpoint
from errors import ExportError
from folder import check, onnx_file, tokenizer_files
from folder.data_file import DataFile
from graph.interpreter import interpret

EXPORTER = "export.py 0.1.0"
TEMPLATE = Path(__file__).resolve().parent.parent / "graph" / "model.graph"


def export(options):
    """Writes the model folder and returns the line that says what was written."""
    np.seterr(all="ignore")  # what is not finite is found and named, not warned about
    source, destination = options.checkpoint, options.destination
    if not source.is_dir():
        raise ExportError(f"'{source}' is not a folder; give the folder that holds config.json and the weights")
    if destination.exists() and not options.force:
        raise ExportError(f"'{destination}' exists; give another folder, or --force to replace it")
    if destination.exists() and not (destination / onnx_file.NAME).exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise ExportError(f"'{destination}' exists and is not a model folder; it is left alone")
    if destination.resolve() in (source.resolve(), *source.resolve().parents):
        raise ExportError(f"'{destination}' holds the checkpoint itself; give another folder")
    config, weights = load(source)
    raw = weights
    steps, processed, weights = processing.apply(*processing.chosen(options), config, weights)
    weights = canonical.in_order(weights, processed)
    destination.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    try:
        facts = {"pluginlens.format": "1", "pluginlens.exporter": EXPORTER, "name": options.name or destination.resolve().name, "dtype": options.dtype,
                 **processed, "processing": steps}
        graph = write(source, beside, facts, weights)
        check.check(beside, graph, facts, config, raw, weights)
        os.chmod(beside, 0o755)
        replace(beside, destination)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return (f"{destination}: {facts['architecture']}, {len(weights)} weights as {options.dtype}, {len(graph.hooks)} hooks, "
            f"processing {'+'.join(steps) or 'raw'}")


def load(source):
    """Metadata and canonical weights (unread) of a checkpoint folder."""
    values = checkpoint.read_json(source / "config.json")
    module = architectures.find(values)
    tensors = checkpoint.tensors(source)
    try:
        config, weights, rest = module.read(Config(values), tensors)
        rest.finish()
        return config, canonical.in_order(weights, config)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        first_line = (str(error).splitlines() or [""])[0]
        raise ExportError(f"config.json has a value of a kind that was not expected ({type(error).__name__}: {first_line})") from None


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


def replace(beside, destination):
    """Puts the finished folder in place; an old one is moved aside first and then removed."""
    old = beside.with_name(beside.name + ".old")
    if destination.exists():
        os.rename(destination, old)
    try:
        os.rename(beside, destination)
    except OSError:
        if old.exists():
            os.rename(old, destination)
        raise
    shutil.rmtree(old, ignore_errors=True)
