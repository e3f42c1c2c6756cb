"""Weight processing: each step takes the configuration and the weights and gives new weights that compute the same model.

A step reads nothing: it wraps weights in weights, so that what is in memory at any time is one of them.
Every step refuses, with the reason, the models for which it would change the probabilities.
"""

from errors import ExportError
from processing.center_unembed import center_unembed
from processing.center_writing_weights import center_writing_weights
from processing.fold_ln import fold_ln
from processing.fold_value_biases import fold_value_biases
from processing.refactor_attn import refactor_attn

# In the order in which they are applied.
STEPS = {step.__name__: step for step in (fold_ln, center_writing_weights, center_unembed, fold_value_biases, refactor_attn)}
DEFAULTS = ("fold_ln", "center_writing_weights", "center_unembed", "fold_value_biases")


def chosen(options):
    """The steps that the flags ask for, in order; and those that may be left out where they are not valid."""
    named = [name for name in STEPS if getattr(options, name)]
    optional = [name for name in DEFAULTS if options.transformer_lens_defaults and name not in named]
    return [name for name in STEPS if name in named or name in optional], set(optional)


def apply(steps, optional, config, weights):
    """The steps applied, and the new configuration and weights."""
    config, applied = dict(config), []
    for name in steps:
        reason = STEPS[name].refusal(config, weights)
        if reason and name in optional:
            continue
        if reason:
            raise ExportError(f"--{name.replace('_', '-')} is not valid for this model: {reason}")
        config, weights = STEPS[name](config, weights)
        applied.append(name)
    if {"fold_ln", "center_writing_weights", "center_unembed"} & set(applied):
        config.pop("tied", None)  # W_U is no longer W_E transposed
    return applied, config, weights
