"""What a config.json comes to over the tensors of a golden checkpoint, without writing anything: fast enough for thousands of them."""

import hashlib
import json
from functools import lru_cache

import numpy as np

from support import folder_of

import architectures
import pipeline
from checkpoint import folder as checkpoint
from errors import ExportError

# model_type -> the golden checkpoint that is of that type, or laid out alike.
FIXTURES = {kind: kind for kind in architectures.TABLE} | {"transformer-lens": "attn-only-2l", "gemma3_text": "gemma3", "xlm-roberta": "roberta", "camembert": "roberta"}


@lru_cache(None)
def tensors(name):
    return checkpoint.tensors(folder_of(name))


def values(name):
    return json.loads((folder_of(name) / "config.json").read_text())


def of(name, config):
    """("error", message), or the metadata and the canonical weights of a checkpoint with this configuration in place of its own."""
    np.seterr(all="ignore")
    try:
        return pipeline.resolve(config, tensors(name))[:2]
    except ExportError as error:
        return "error", str(error)


def facts_of(outcome):
    """What can be compared of an outcome: an error's text, or the metadata and where each weight comes from."""
    if outcome[0] == "error":
        return outcome
    facts, weights = outcome
    return json.dumps(facts), [(name, weight.shape, weight.source) for name, weight in weights.items()]


def numbers_of(outcome):
    """A digest of every weight."""
    digest = hashlib.sha256()
    for weight in outcome[1].values():
        digest.update(np.ascontiguousarray(weight.read()).tobytes())
    return digest.hexdigest()
