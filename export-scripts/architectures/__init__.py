"""One small file per architecture, registered in this table."""

from architectures import gpt2
from errors import ExportError

# model_type of config.json -> the file that reads it.
TABLE = {
    "gpt2": gpt2,
}


def find(config):
    """The module for a checkpoint's config.json."""
    kind = config.get("model_type")
    if kind in TABLE:
        return TABLE[kind]
    raise ExportError(f"the architecture '{kind}' of config.json is not one that can be exported; known: {', '.join(sorted(TABLE))}")
