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
from folder import check, onnx_file, table
from folder.write import write


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
        facts = {"pluginlens.format": table.FORMAT, "pluginlens.exporter": f"export.py {table.VERSION}", "name": options.name or destination.resolve().name, "dtype": options.dtype,
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
