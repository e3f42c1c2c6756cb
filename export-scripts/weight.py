"""A weight that is read when it is asked for, so that no more than one is in memory."""

import numpy as np

from errors import ExportError


class Weight:
    """A tensor to be: its shape, where it comes from, and a function that reads it as a fresh float32 array."""

    def __init__(self, shape, read, source, stored=None):
        self.shape = tuple(int(n) for n in shape)
        self.read = read
        self.source = source
        self.stored = stored  # the tensor of a file that this is, unchanged

    def _then(self, shape, change):
        return Weight(shape, lambda: change(self.read()), self.source)

    def transpose(self, *axes):
        """Axes in a new order; without arguments the two axes of a matrix swapped."""
        axes = axes or (1, 0)
        if len(axes) != len(self.shape):
            raise ExportError(f"{self.source}: expected {len(axes)} axes, found shape {list(self.shape)}")
        return self._then([self.shape[a] for a in axes], lambda x: x.transpose(axes))

    def reshape(self, *shape):
        if int(np.prod(shape)) != int(np.prod(self.shape)):
            raise ExportError(
                f"{self.source}: expected {int(np.prod(shape))} values for {list(shape)} by config.json, found shape {list(self.shape)}")
        return self._then(shape, lambda x: x.reshape(shape))

    def of(self, *shape):
        """The same weight, which must have this shape: what is cut up afterwards would not show it."""
        if self.shape != shape:
            raise ExportError(f"{self.source} should have the shape {list(shape)} by config.json, found {list(self.shape)}")
        return self

    def part(self, axis, start, stop):
        """The slice start..stop of one axis."""
        if axis >= len(self.shape) or stop > self.shape[axis]:
            raise ExportError(f"{self.source}: expected at least {stop} entries on axis {axis}, found shape {list(self.shape)}")
        rows = self.stored.rows(start, stop) if axis == 0 and self.stored is not None else None
        if rows is not None:
            return rows.weight()
        cut = (slice(None),) * axis + (slice(start, stop),)
        shape = self.shape[:axis] + (stop - start,) + self.shape[axis + 1:]
        return self._then(shape, lambda x: x[cut])

    def plus(self, number):
        return self._then(self.shape, lambda x: x + np.float32(number))

    def times(self, number):
        return self._then(self.shape, lambda x: x * np.float32(number))


def zeros(*shape):
    """A bias that the checkpoint does not have."""
    return Weight(shape, lambda: np.zeros(shape, np.float32), "zeros")
