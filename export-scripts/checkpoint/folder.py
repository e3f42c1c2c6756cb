"""A checkpoint folder: its configuration, and its tensors by name from however many files."""

import json
from pathlib import Path

import files
from checkpoint import safetensors_file, torch_file
from errors import ExportError

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin", "model_final.pth")
INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


def read_json(path):
    """The JSON object of a file."""
    try:
        value = json.loads(files.text(path))
    except FileNotFoundError:
        if (path.parent / "adapter_config.json").exists():
            raise ExportError(f"'{path.parent}' holds an adapter (adapter_config.json) and no model; export its base with --adapter {path.parent}") from None
        raise ExportError(f"'{path.parent}' has no {path.name}; give the folder of a checkpoint") from None
    except (ValueError, RecursionError) as error:
        raise ExportError(f"'{path.name}' is not JSON: {str(error).splitlines()[0]}") from None
    if not isinstance(value, dict):
        raise ExportError(f"'{path.name}' should hold a JSON object, found a {type(value).__name__}")
    return value


def weight_files(folder):
    """The files that hold the weights, safetensors preferred."""
    for whole, index in zip(WEIGHT_FILES, (*INDEXES, None)):
        if (folder / whole).exists():
            return [folder / whole]
        if index and (folder / index).exists():
            return _shards(folder, folder / index)
    raise ExportError(f"'{folder}' holds no weights: expected {', '.join(WEIGHT_FILES)}, or an index of shards")


def _shards(folder, index):
    names = read_json(index).get("weight_map")
    if not isinstance(names, dict) or not all(isinstance(n, str) for n in names.values()) or not names:
        raise ExportError(f"'{index.name}' has no weight_map from tensor to file")
    shards = []
    for name in sorted(set(names.values())):
        if Path(name).name != name or name in ("", ".", ".."):
            raise ExportError(f"'{index.name}' names the shard '{name}': shards lie beside the index, paths are refused")
        if not (folder / name).is_file():
            raise ExportError(f"shard '{name}' of '{index.name}' is missing; download it")
        shards.append(folder / name)
    return shards


def tensors(folder):
    """Every tensor of the folder by name, unread."""
    found = {}
    for path in weight_files(folder):
        read = safetensors_file.tensors if path.suffix == ".safetensors" else torch_file.tensors
        for tensor in read(path):
            if tensor.name in found:
                raise ExportError(f"tensor '{tensor.name}' is in '{found[tensor.name].path.name}' and in '{path.name}'; remove one of the files")
            found[tensor.name] = tensor
    _agree_with_index(folder, found)
    return found


def _agree_with_index(folder, found):
    for index in INDEXES:
        if (folder / index).exists() and not any((folder / w).exists() for w in WEIGHT_FILES):
            for name, file in read_json(folder / index)["weight_map"].items():
                if name not in found:
                    found[name] = Absent(name, index, file)
                elif found[name].path.name != file:
                    raise ExportError(f"'{index}' says that tensor '{name}' is in '{file}'; it is not")


class Absent:
    """A tensor that an index lists and no shard has: refused where it is needed, passed over where it is a buffer that nothing reads."""

    def __init__(self, name, index, file):
        self.name, self.dtype, self.label = name, None, f"tensor '{name}', which '{index}' lists and '{file}' has not,"
        self.problem = f"'{index}' says that tensor '{name}' is in '{file}'; it is not"

    def weight(self):
        raise ExportError(self.problem)
