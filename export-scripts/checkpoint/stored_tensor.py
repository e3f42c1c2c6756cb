"""One tensor as it lies in a file: read by offset, widened exactly to float32."""

import numpy as np

import files
from errors import ExportError
from weight import Weight

STORED = {"F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
PIECE = 1 << 20  # values read and widened at once
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
         "U16": 2, "U32": 4, "U64": 8, "F8_E4M3": 1, "F8_E5M2": 1}


class StoredTensor:
    """Name, type, shape and place of one tensor. strides (in elements) are None where the values lie in order."""

    def __init__(self, name, dtype, shape, path, offset, strides=None, span=None):
        self.name, self.dtype, self.shape, self.path, self.offset = name, dtype, tuple(shape), path, offset
        self.strides = strides
        self.count = int(np.prod(self.shape, dtype=np.int64))
        self.span = self.count if span is None else span

    @property
    def label(self):
        return f"tensor '{self.name}' of '{self.path.name}'"

    def weight(self):
        if self.dtype not in STORED:
            raise ExportError(f"{self.label} is {self.dtype}; weights are read from F64, F32, F16 or BF16: convert the checkpoint")
        return Weight(self.shape, self.read, self.label, self)

    def rows(self, start, stop):
        """Entries start..stop of the first axis, as a tensor of their own, so that no more than these are read; None where they do not lie in order."""
        if self.strides is not None or self.dtype not in STORED:
            return None
        width = self.count // self.shape[0] * BYTES[self.dtype]
        return StoredTensor(f"{self.name}[{start}:{stop}]", self.dtype, (stop - start, *self.shape[1:]), self.path, self.offset + start * width)

    def same_bytes(self, other):
        """Whether two tensors of one type and shape are stored alike; None where only their values can tell."""
        if (self.dtype, self.shape) != (other.dtype, other.shape) or self.strides or other.strides:
            return None
        left = self.count * BYTES[self.dtype]
        with files.opened(self.path) as a, files.opened(other.path) as b:
            a.seek(self.offset)
            b.seek(other.offset)
            while left > 0:
                piece = a.read(min(left, 1 << 20))
                if not piece or piece != b.read(len(piece)):
                    return False
                left -= len(piece)
        return True

    def read(self):
        """A fresh float32 array; values that are not finite are refused."""
        values = np.empty(self.span, np.float32)
        with files.opened(self.path) as file:
            file.seek(self.offset)
            for start in range(0, self.span, PIECE):
                count = min(PIECE, self.span - start)
                piece = np.fromfile(file, STORED[self.dtype], count)
                if piece.size != count:
                    raise ExportError(f"{self.label} is cut off: expected {self.span} values, found {start + piece.size}; download the file again")
                if self.dtype == "F64":
                    refuse_too_large(piece, self.label)
                values[start:start + count] = (piece.astype(np.uint32) << 16).view(np.float32) if self.dtype == "BF16" else piece
        if self.strides is not None:
            values = np.lib.stride_tricks.as_strided(values, self.shape, [4 * s for s in self.strides]).copy()
        values = values.reshape(self.shape)
        refuse_not_finite(values, self.label)
        return values


def refuse_too_large(piece, label):
    """float64 is rounded to float32, which has less room."""
    largest = np.abs(piece[np.isfinite(piece)]).max(initial=0)
    if largest > np.finfo(np.float32).max:
        raise ExportError(f"{label} holds {largest:.6g}, too large for float32")


def refuse_not_finite(values, label):
    """Raises with the first index of a NaN or infinity; works in slices to stay small."""
    flat = values.reshape(-1) if values.flags.c_contiguous else values
    step = max(1, (1 << 22) // max(1, int(np.prod(flat.shape[1:]))))
    for start in range(0, flat.shape[0] if flat.ndim else 1, step):
        piece = flat[start:start + step] if flat.ndim else flat
        finite = np.isfinite(piece)
        if not finite.all():
            where = np.argwhere(~finite)[0]
            if flat.ndim:
                where[0] += start
            value = flat[tuple(where)]
            if flat.ndim == 1:
                where = np.array(np.unravel_index(where[0], values.shape))
            raise ExportError(f"{label} holds {value} at {[int(i) for i in where]}: a weight that is not finite; the checkpoint is damaged")
