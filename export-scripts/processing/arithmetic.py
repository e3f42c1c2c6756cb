"""Sums over large weights: in float64, a piece at a time, on arrays that are changed in place."""

import numpy as np

PIECE = 1 << 20


def times_matrix(vector, matrix):
    """vector [d] times matrix [d, n] -> [n], summed in float64."""
    step = max(1, PIECE // matrix.shape[0])
    pieces = [vector.astype(np.float64) @ matrix[:, i:i + step].astype(np.float64) for i in range(0, matrix.shape[1], step)]
    return np.concatenate(pieces) if pieces else np.zeros(0)


def subtract_mean(values, axis):
    """Removes the mean over one axis, in place."""
    values -= values.mean(axis, keepdims=True, dtype=np.float64).astype(np.float32)
    return values
