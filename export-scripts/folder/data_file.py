"""model.onnx.data: the weights one after the other, each at a multiple of 64 bytes."""

import hashlib

import numpy as np

from checkpoint.stored_tensor import refuse_not_finite
from errors import ExportError

ALIGNMENT = 64
PIECE = 1 << 22  # entries narrowed and written at once
ONNX_TYPES = {"float32": 1, "float16": 10, "bfloat16": 16}
WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}


def narrow(values, dtype):
    """float32 values as they are stored, rounded to the nearest, ties to even."""
    if dtype == "float32":
        return np.ascontiguousarray(values, "<f4")
    if dtype == "float16":
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(values, "<f2")
    bits = np.ascontiguousarray(values, "<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def widen(stored, dtype):
    """Stored values as float32."""
    if dtype == "bfloat16":
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32, copy=False)


class DataFile:
    """Writes weights to a file and remembers where each of them lies: entries[name] = (shape, offset, length)."""

    def __init__(self, path, dtype):
        self.dtype, self.entries, self.digest = dtype, {}, hashlib.sha256()
        self.file = open(path, "wb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def add(self, name, values):
        """Appends one weight, a float32 array of any layout."""
        self._write(b"\0" * (-self.file.tell() % ALIGNMENT))
        offset = self.file.tell()
        rows = values if values.ndim else values.reshape(1)
        step = max(1, PIECE // max(1, int(np.prod(rows.shape[1:]))))
        for start in range(0, rows.shape[0], step):
            piece = rows[start:start + step]
            refuse_not_finite(piece, f"weight '{name}' after processing")
            stored = narrow(piece, self.dtype)
            if self.dtype != "float32" and not np.isfinite(widen(stored, self.dtype)).all():
                raise ExportError(f"weight '{name}' holds {np.abs(piece).max():.6g}, too large for {self.dtype}; use --dtype bfloat16 or float32")
            self._write(stored.data)
        self.entries[name] = (values.shape, offset, self.file.tell() - offset)

    def _write(self, data):
        self.file.write(data)
        self.digest.update(data)


def reader(path, entries, dtype):
    """A function that reads one weight back as float32."""
    types = {"float32": "<f4", "float16": "<f2", "bfloat16": "<u2"}

    def read(name):
        shape, offset, _ = entries[name]
        count = int(np.prod(shape))
        return widen(np.fromfile(path, types[dtype], count, offset=offset), dtype).reshape(shape)
    return read
