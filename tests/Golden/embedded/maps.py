"""The maps of embedding-map: principal components and exact t-SNE."""

import numpy as np


def components(points, count):
    """Coordinates along the directions of largest variance, the largest entry of each direction positive."""
    centred = points - points.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])
    return (centred @ (axes * signs[:, None]).T)[:, :count]


def t_sne(points, count, perplexity, rate, steps):
    """Exact t-SNE from principal components; Student's t with count - 1 degrees of freedom (1 at least)."""
    n, freedom = len(points), max(count - 1, 1)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)
    conditional = np.zeros((n, n))
    for i in range(n):
        low, high = -20.0, 20.0
        others = np.where(np.arange(n) == i, np.inf, squared[i])
        for _ in range(200):
            p = np.exp(-np.exp((low + high) / 2) * (others - others.min()))
            p /= p.sum()
            entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
            low, high = ((low + high) / 2, high) if entropy > np.log(perplexity) else (low, (low + high) / 2)
        conditional[i] = p
    p = (conditional + conditional.T) / (2 * n)
    y = components(points, count)
    y *= 1e-4 / y[:, 0].std()
    velocity, gains = np.zeros_like(y), np.ones_like(y)
    for step in range(steps):
        difference = y[:, None] - y[None]
        closeness = 1 / (1 + (difference ** 2).sum(-1) / freedom)
        q = closeness ** ((freedom + 1) / 2)
        np.fill_diagonal(q, 0)
        q /= q.sum()
        force = 2 * (freedom + 1) / freedom * ((12 if step < 250 else 1) * p - q) * closeness
        gradient = (force[:, :, None] * difference).sum(1)
        gains = np.maximum(0.01, np.where(velocity * gradient > 0, gains * 0.8, gains + 0.2))
        velocity = (0.5 if step < 250 else 0.8) * velocity - rate * gains * gradient
        y = y + velocity
    return y
