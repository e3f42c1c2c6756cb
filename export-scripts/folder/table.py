"""What graph/folder.table says: versions, the tokenizer files that are copied, the keys of the metadata with their kinds."""

from graph import FOLDER

KINDS = {"text": lambda v: isinstance(v, str), "flag": lambda v: isinstance(v, bool), "list": lambda v: isinstance(v, (list, tuple)), "object": lambda v: isinstance(v, dict),
         "count": lambda v: type(v) is int and v >= 0, "number": lambda v: type(v) in (int, float)}

LINES = [line.split(" ") for line in FOLDER.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
VERSION = next(value for word, value in LINES if word == "version")
FORMAT = next(value for word, value in LINES if word == "format")
FILES = [value for word, value in LINES if word == "file"]
KEYS = {value: word.split("|") for word, value in LINES if word not in ("version", "format", "file")}


def misfit(metadata):
    """The first entry that the table does not allow, or None."""
    return next((f"'{key}' = {value!r}" for key, value in metadata.items() if not any(KINDS[kind](value) for kind in KEYS.get(key, ()))), None)
