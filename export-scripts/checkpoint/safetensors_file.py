"""The safetensors format: eight bytes of header length, a JSON header, the tensors."""

import json
import os
import struct

import numpy as np

import files
from checkpoint.stored_tensor import BYTES, StoredTensor
from errors import ExportError

LONGEST_HEADER = 100_000_000


def tensors(path):
    """Every tensor of the file, unread. The header is believed in nothing that the file's length contradicts."""
    label = f"'{path.name}'"
    with files.opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        if len(start) < 8:
            raise ExportError(f"{label} is not a safetensors file: {size} bytes; download it again")
        if start.startswith(b"version "):
            raise ExportError(f"{label} is a Git LFS pointer, not the weights; run 'git lfs pull' in the checkpoint's repository")
        length = struct.unpack("<Q", start)[0]
        if length > LONGEST_HEADER or 8 + length > size:
            raise ExportError(f"{label} is not a whole safetensors file: its header should be {length} bytes long, the file is {size}; download it again")
        try:
            header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_once)
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        except (ValueError, AttributeError, RecursionError):
            raise ExportError(f"{label} is not a safetensors file: its header is not JSON, or names a tensor twice; download it again") from None
    found = [_tensor(path, name, entry, 8 + length, size) for name, entry in entries.items()]
    _without_holes(path, found, 8 + length, size)
    return found


def _without_holes(path, found, base, size):
    """Tensors fill the file one after the other, as the format demands: what overlaps or leaves gaps was damaged or forged."""
    ordered = sorted(found, key=lambda t: (t.offset, t.count))
    ends = [(base, "the header"), *((t.offset + t.count * BYTES[t.dtype], f"'{t.name}'") for t in ordered)]
    for problem, wrong in (("overlap", lambda begin, end: begin < end), ("leave a gap", lambda begin, end: begin > end)):
        for tensor, (end, last) in zip(ordered, ends):
            if wrong(tensor.offset, end):
                raise ExportError(f"{tensor.label} begins at byte {tensor.offset}, {last} ends at {end}: they {problem}; the file is damaged")
    if ends[-1][0] != size:
        raise ExportError(f"'{path.name}' has {size - ends[-1][0]} bytes behind its last tensor; the file is damaged")


def _once(pairs):
    """A JSON object in which no name comes twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError
    return result


def _tensor(path, name, entry, base, size):
    label = f"tensor '{name}' of '{path.name}'"
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, begin, end]
    except (KeyError, TypeError, ValueError):
        raise ExportError(f"{label} has no dtype, shape and data_offsets in the header; the file is damaged") from None
    if not all(type(n) is int and 0 <= n < 1 << 48 for n in numbers) or len(shape) > 8:
        raise ExportError(f"{label} has an impossible shape or offset in the header; the file is damaged")
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise ExportError(f"{label} has the unknown type '{dtype}'")
    expected = int(np.prod([1, *shape], dtype=object)) * BYTES[dtype]
    if end - begin != expected:
        raise ExportError(f"{label}: shape {shape} of {dtype} takes {expected} bytes, the header gives {end - begin}; the file is damaged")
    if base + end > size:
        raise ExportError(f"{label} ends at byte {base + end}, the file at {size}: it is cut off; download it again")
    return StoredTensor(name, dtype, shape, path, base + begin)
