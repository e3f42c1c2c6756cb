"""One export from start to end: read, map, process, write beside the destination, check, rename."""

from typing import NamedTuple

import numpy as np

import architectures
import canonical
import processing
from checkpoint import adapter
from checkpoint import folder as checkpoint
from errors import ExportError
from folder import check, onnx_file, table
from folder.write import write
from staged import Staged


class Loaded(NamedTuple):
    """A checkpoint, its weights unread: the metadata, the canonical weights, what config.json says of special ids, the files they lie in, notes for the user."""
    config: dict
    weights: dict
    ids: dict
    files: list
    notes: list


def export(options):
    """Writes the model folder and returns the lines that say what was written."""
    np.seterr(all="ignore")  # what is not finite is found and named, not warned about
    source, destination = options.checkpoint, options.destination
    refuse(source, destination, options.force)
    loaded = load(source, options.adapter)
    steps, processed, weights = processing.apply(*processing.chosen(options), loaded.config, loaded.weights)
    weights = canonical.stored(canonical.in_order(weights, processed), processed)
    with Staged(destination) as staged:
        refuse(source, destination, options.force)  # once more: what a killed export had taken away may be back
        loaded.notes.extend(f"removed '{name}', which an import or export that was killed had left" for name in staged.removed)
        facts = {"pluginlens.format": table.FORMAT, "pluginlens.exporter": f"export.py {table.VERSION}", "name": options.name or destination.resolve().name,
                 "dtype": options.dtype, **processed, "processing": steps}
        graph = write(source, staged.folder, facts, weights, loaded, options.source_name)
        check.check(staged.folder, graph, facts, loaded.config, loaded.weights, weights)
        staged.place()
    return "\n".join([f"{destination}: {facts['architecture']}, {len(weights)} weights as {options.dtype}, {len(graph.hooks)} hooks, "
                      f"processing {'+'.join(steps) or 'raw'}", *(f"note: {note}" for note in loaded.notes)])


def refuse(source, destination, force):
    """Whether there is something to read and room to write, before any work is done."""
    if not source.is_dir():
        raise ExportError(f"'{source}' is not a folder; give the folder that holds config.json and the weights")
    if destination.exists() and not force:
        raise ExportError(f"'{destination}' exists; give another folder, or --force to replace it")
    if destination.exists() and not (destination / onnx_file.NAME).exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise ExportError(f"'{destination}' exists and is not a model folder; it is left alone")
    if destination.resolve() in (source.resolve(), *source.resolve().parents):
        raise ExportError(f"'{destination}' holds the checkpoint itself; give another folder")


def load(source, adapter_folder=None):
    """A checkpoint folder, with an adapter merged into it where one is given."""
    values = checkpoint.read_json(source / "config.json")
    files, tensors = checkpoint.weight_files(source), checkpoint.tensors(source)
    if adapter_folder:
        files, tensors = [*files, adapter.weight_file(adapter_folder)], adapter.merged(tensors, adapter_folder)
    facts, weights, config, notes = resolve(values, tensors)
    if any(tensor.dtype == "F64" for tensor in tensors.values()):
        notes.append("weights in float64 are rounded to float32")
    if adapter_folder:
        facts["adapter"] = adapter_folder.resolve().name
        adapter.refuse_tied(facts, weights)
    return Loaded(facts, weights, {f"{key}_id": config.given.get(f"{key}_token_id") for key in ("bos", "eos", "pad")}, files, notes)


def resolve(values, tensors):
    """What a config.json means for these tensors: the metadata, the canonical weights, the configuration, notes for the user."""
    try:
        module, config, notes = architectures.find(values)
        facts, weights, rest = module.read(config, tensors)
        rest.finish()
        return facts, canonical.in_order(weights, facts), config, notes
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        first_line = (str(error).splitlines() or [""])[0]
        raise ExportError(f"config.json has a value of a kind that was not expected ({type(error).__name__}: {first_line})") from None
