"""AdamW, with decay on the matrices between residual stream and neurons alone: embeddings, gains and biases keep their size."""

import torch

WEIGHT_DECAY = 0.1


def optimizer(model):
    """AdamW over all parameters; the caller sets the rate at each step."""
    inner = {id(p) for n, p in model.named_parameters() if is_inner(n, p)}
    groups = [dict(params=[p for p in model.parameters() if (id(p) in inner) == decays], weight_decay=decay)
              for decays, decay in ((True, WEIGHT_DECAY), (False, 0.0))]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9)


def is_inner(name, parameter):
    """Whether a parameter is a matrix from residual stream to residual stream or to neurons."""
    return parameter.ndim >= 2 and not any(part in name for part in ("wte", "wpe", "W_E", "W_U", "W_pos", ".b_"))
