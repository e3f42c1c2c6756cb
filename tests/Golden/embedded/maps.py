"""The maps of embedding-map: principal components, exact t-SNE and UMAP."""

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


def split_mix(seed):
    """64 random bits at a time (SplitMix64)."""
    mask, state = (1 << 64) - 1, seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        yield z ^ (z >> 31)


def curve(least):
    """a and b of 1 / (1 + a d^2b), nearest to 1 up to the least distance and exp(least - d) beyond."""
    d = np.linspace(0, 3, 300)[1:]
    wanted = np.where(d < least, 1, np.exp(least - d))
    a, b, damping = 1.0, 1.0, 1e-3

    def missing(a, b):
        return wanted - 1 / (1 + a * d ** (2 * b))

    for _ in range(500):
        p = d ** (2 * b)
        slopes = np.stack([-p, -2 * a * p * np.log(d)], 1) / (1 + a * p)[:, None] ** 2
        normal = slopes.T @ slopes
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slopes.T @ missing(a, b))
        if np.sum(missing(a + step[0], b + step[1]) ** 2) <= np.sum(missing(a, b) ** 2):
            (a, b), damping = (a + step[0], b + step[1]), damping / 10
        else:
            damping *= 10
    return a, b


def fuzzy_graph(points, neighbours):
    """Dense: w = 1 - (1 - s)(1 - s^T) of what each row says of its nearest."""
    n = len(points)
    distance = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    says = np.zeros((n, n))
    for i in range(n):
        others = [j for j in np.argsort(distance[i], kind="stable") if j != i][:neighbours - 1]
        beyond = np.maximum(0, distance[i, others] - distance[i, others].min())
        low, high, sigma = 0.0, np.inf, 1.0
        for _ in range(64):
            total = np.exp(-beyond / sigma).sum()
            if abs(total - np.log2(neighbours)) < 1e-5:
                break
            low, high = (low, sigma) if total > np.log2(neighbours) else (sigma, high)
            sigma = 2 * sigma if high == np.inf else (low + high) / 2
        says[i, others] = np.exp(-beyond / max(sigma, 1e-3 * distance[i, others].sum() / neighbours))
    return 1 - (1 - says) * (1 - says.T)


def u_map(points, count, neighbours, least, epochs, seed):
    """UMAP of a connected graph without equal rows, one epoch, one link and one push after the other."""
    n, w, random, (a, b) = len(points), fuzzy_graph(points, neighbours), split_mix(seed), curve(least)
    roots = np.sqrt(w.sum(1))
    values, vectors = np.linalg.eigh(np.eye(n) - w / np.outer(roots, roots))
    assert values[1] > 1e-6, "the graph is not connected"
    y = vectors[:, 1:count + 1]
    y = 10 * y * np.sign(y[np.abs(y).argmax(0), np.arange(count)]) / np.abs(y).max()

    def uniform():
        return (next(random) >> 11) / 2.0 ** 53

    for i in range(n):
        for axis in range(count):
            radius = np.sqrt(-2 * np.log(1 - uniform()))
            y[i, axis] += 1e-4 * radius * np.cos(2 * np.pi * uniform())
    y = 10 * (y - y.min(0)) / (y.max(0) - y.min(0))
    links = [(i, j, w.max() / w[i, j]) for i in range(n) for j in range(n) if w[i, j] * epochs >= w.max()]
    followed, pushed = [0] * len(links), [0] * len(links)
    for epoch in range(epochs):
        rate = 1 - epoch / epochs
        for at, (i, j, wait) in enumerate(links):
            if (followed[at] + 1) * wait > epoch:
                continue
            followed[at] += 1
            square = np.sum((y[i] - y[j]) ** 2)
            slope = -2 * a * b * square ** (b - 1) / (1 + a * square ** b)
            move = rate * np.clip(slope * (y[i] - y[j]), -4, 4)
            y[i] += move
            y[j] -= move
            while pushed[at] < int(5 * epoch / wait) - 1:
                pushed[at] += 1
                other = (next(random) >> 32) * n >> 32
                if other != i:
                    square = np.sum((y[i] - y[other]) ** 2)
                    slope = 2 * b / ((0.001 + square) * (1 + a * square ** b))
                    y[i] += rate * np.clip(slope * (y[i] - y[other]), -4, 4)
    return y
