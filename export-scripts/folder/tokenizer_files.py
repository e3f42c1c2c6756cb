"""The tokenizer files of a checkpoint: which there are, their hashes, and what they say of themselves."""

import hashlib
import json
import shutil

import files
from checkpoint.folder import read_json
from errors import ExportError
from folder import table


def sha256(path):
    digest = hashlib.sha256()
    with files.opened(path) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def copy(source, destination, rows, notes):
    """Copies the files that are there and returns the metadata about them; rows are those of the embedding.

    A tokenizer that cannot be used stays behind with a note: the weights are worth as much without it.
    """
    try:
        facts = {**model_class(source), **describe(source, rows, notes)}
    except (ExportError, TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError) as error:
        reason = str(error) if isinstance(error, ExportError) else f"its files cannot be understood ({type(error).__name__}: {(str(error).splitlines() or [''])[0]})"
        notes.append(f"no tokenizer is exported: {reason}; weights and ids can be used, text cannot")
        return {"tokenizer_files": {}}
    hashes = {}
    for pattern in table.FILES:
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                shutil.copyfile(path, destination / path.name)
                hashes[path.name] = sha256(destination / path.name)
    return {"tokenizer_files": hashes, **facts}


def model_class(folder):
    """tokenizer_class as config.json tells it, or its model_type, where the tokenizer's own files name no class."""
    own, config = ((read_json(folder / name) if (folder / name).is_file() else {}) for name in ("tokenizer_config.json", "config.json"))
    name = None if own.get("tokenizer_class") else config.get("tokenizer_class") or config.get("model_type")
    return {"tokenizer_class": name} if isinstance(name, str) else {}


def describe(folder, rows, notes):
    """tokenizer_kind, tokenizer_size and the special ids, from the files alone."""
    base, added, kind = _vocabulary(folder)
    if kind is None:
        if base:
            notes.append("the tokenizer's model is of a type that is not known: tokens are shown by its vocabulary, weights and ids can be used, text cannot")
        return {}
    ids = {**added, **base}
    if not all(type(i) is int and i >= 0 for i in ids.values()):
        raise ExportError("the tokenizer's files give a token an id that is not a number")
    beyond = {t: i for t, i in ids.items() if i >= rows}
    if any(t not in added for t in beyond):
        raise ExportError(f"the tokenizer knows ids up to {max(beyond.values())}, the embedding has {rows} rows: it belongs to another model")
    if beyond:
        notes.append(f"the embedding has {rows} rows, the tokenizer also knows {', '.join(f'{t!r} = {i}' for t, i in sorted(beyond.items(), key=lambda e: e[1])[:5])}, which no prompt can hold")
    result = {"tokenizer_kind": kind, "tokenizer_size": max((i for i in ids.values() if i < rows), default=-1) + 1}
    specials = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            specials.update({k: v for k, v in read_json(folder / name).items() if k.endswith("_token") and v})
    for key in ("bos", "eos", "pad", "unk", "cls", "sep", "mask"):
        token = specials.get(f"{key}_token")
        token = token.get("content") if isinstance(token, dict) else token
        if isinstance(token, str) and token in ids and token not in beyond:
            result[f"{key}_id"] = ids[token]
    return result


def _vocabulary(folder):
    """Token -> id of the model and of added tokens, and the kind of the tokenizer."""
    base, added, kind = {}, {}, None
    if (folder / "tokenizer.json").is_file():
        base, added, kind = _tokenizer_json(read_json(folder / "tokenizer.json"))
    elif (folder / "vocab.json").is_file():
        base = read_json(folder / "vocab.json")
        kind = "byte-level-bpe" if any(t.startswith("\u0120") for t in base) else "bpe"
    elif (folder / "vocab.txt").is_file():
        lines = files.whole(folder / "vocab.txt").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        base, kind = {t.rstrip("\r"): i for i, t in enumerate(lines[:-1] if lines[-1] == "" else lines)}, "wordpiece"
    else:
        for name in ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model"):
            if (folder / name).is_file():
                pieces, kind = _sentencepiece(files.whole(folder / name), name)
                base = _numbered(pieces, _class(folder))
                break
    if kind and (folder / "added_tokens.json").is_file():
        added = {**added, **read_json(folder / "added_tokens.json")}
    if kind and (folder / "tokenizer_config.json").is_file():
        config = read_json(folder / "tokenizer_config.json").get("added_tokens_decoder") or {}
        added = {**added, **{t["content"]: int(i) for i, t in config.items()}}
    return base, added, kind


def _tokenizer_json(file):
    model = file.get("model") or {}
    vocabulary = model.get("vocab")
    kind = model.get("type") or _type_by_fields(model)
    ids = {t: i for i, (t, _) in enumerate(vocabulary)} if isinstance(vocabulary, list) else dict(vocabulary or {})
    added = {t["content"]: t["id"] for t in file.get("added_tokens") or [] if t["content"]}
    text = json.dumps([file.get("pre_tokenizer"), file.get("decoder")])
    if kind == "BPE":
        if '"ByteLevel"' in text:
            return ids, added, "byte-level-bpe"
        return ids, added, "sentencepiece-bpe" if model.get("byte_fallback") or "\u2581" in json.dumps(file.get("normalizer"), ensure_ascii=False) else "bpe"
    kinds = {"WordPiece": "wordpiece", "Unigram": "unigram", "WordLevel": "wordlevel"}
    if kind not in kinds and ids:
        return ids, added, None
    if kind not in kinds:
        raise ExportError(f"tokenizer.json has a model of type '{kind}', which is not known; known: BPE, Unigram, WordLevel, WordPiece")
    return ids, added, kinds[kind]


def _type_by_fields(model):
    """Older files leave the type out; each type has a field of its own."""
    for field, kind in (("merges", "BPE"), ("continuing_subword_prefix", "WordPiece"), ("unk_id", "Unigram")):
        if field in model:
            return kind
    return "WordLevel" if isinstance(model.get("vocab"), dict) else None


def _sentencepiece(data, name):
    """Pieces (field 1, text in its field 1) and trainer_spec (field 2, model_type in its field 3) of the protobuf."""
    pieces, kind = [], "unigram"
    try:
        for number, value in _fields(data):
            if number == 1:
                pieces.append(next(v for n, v in _fields(value) if n == 1).decode("utf-8"))
            elif number == 2:
                kind = {1: "unigram", 2: "sentencepiece-bpe"}.get(next((v for n, v in _fields(value) if n == 3), 1))
    except (IndexError, ValueError, StopIteration, AttributeError):
        raise ExportError(f"'{name}' is not a SentencePiece model; download it again") from None
    if kind is None:
        raise ExportError(f"'{name}' is a SentencePiece model of words or characters, which is not known")
    return pieces, kind


def _class(folder):
    """The class that reads the tokenizer's files, or the model_type that stands for it."""
    own = read_json(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
    return str(own.get("tokenizer_class") or model_class(folder).get("tokenizer_class") or "")


def _numbered(pieces, name):
    """Piece -> id. The classes that came from fairseq put four tokens before the pieces of the file and the mask behind them."""
    if name.startswith(("XLMRobertaTokenizer", "xlm-roberta")):
        pieces = ["<s>", "<pad>", "</s>", "<unk>", *pieces[3:], "<mask>"]
    elif name.startswith(("CamembertTokenizer", "camembert")):
        pieces = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", *pieces[1:], "<mask>"]
    return {piece: i for i, piece in enumerate(pieces)}


def _fields(data):
    """Number and value of each protobuf field: an int, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint() if key & 7 != 2 else varint()
            if at + size > len(data):
                raise ValueError
            yield key >> 3, data[at:at + size]
            at += size
