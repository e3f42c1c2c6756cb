"""AdamW for embeddings, gains and biases; Muon for the matrices between them, which learn in far fewer steps by it."""

import torch


def orthogonalize(matrices):
    """[n,r,c] -> the nearest matrices with all singular values near 1, by five Newton-Schulz steps (K. Jordan's quintic)."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, b, x, beta=3.4445)
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum whose step is orthogonalised, so that rare directions of a matrix learn as fast as common ones."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.05):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(momentum, group["momentum"])
                for matrix, change in zip(matrices_of(p), matrices_of(ahead)):
                    by_shape.setdefault(matrix.shape, []).append((matrix, change))
            for (rows, columns), pairs in by_shape.items():
                changes = orthogonalize(torch.stack([change for _, change in pairs]))
                scale = group["lr"] * max(1, columns / rows) ** 0.5
                for (matrix, _), change in zip(pairs, changes):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).sub_(change, alpha=scale)


def matrices_of(tensor):
    """Views of the matrices that a weight holds: one a head [h,·,·], or q, k and v side by side [d,3d]."""
    if tensor.ndim == 3:
        return list(tensor)
    rows, columns = tensor.shape
    return list(tensor.split(rows, 1)) if columns == 3 * rows else [tensor]


class Optimizer:
    """Both, with one rate: AdamW's. Muon's is a fixed multiple of it."""

    MUON = 20 / 3

    def __init__(self, model):
        inner = [(n, p) for n, p in model.named_parameters() if is_inner(n, p)]
        chosen = {id(p) for _, p in inner}
        rest = [p for p in model.parameters() if id(p) not in chosen]
        self.muon = Muon([p for _, p in inner], lr=0)
        self.adam = torch.optim.AdamW(rest, lr=0, betas=(0.9, 0.98), eps=1e-9, weight_decay=0)

    def set_rate(self, rate):
        self.muon.param_groups[0]["lr"] = rate * self.MUON
        self.adam.param_groups[0]["lr"] = rate

    def zero_grad(self):
        self.muon.zero_grad(set_to_none=True)
        self.adam.zero_grad(set_to_none=True)

    def step(self):
        self.muon.step()
        self.adam.step()

    def state_dict(self):
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state):
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


def is_inner(name, parameter):
    """Whether a parameter is a matrix from residual stream to residual stream or to neurons."""
    return parameter.ndim >= 2 and not any(part in name for part in ("wte", "wpe", "W_E", "W_U", "W_pos", ".b_"))
