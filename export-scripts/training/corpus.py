"""Text files as token ids: reading, cleaning, splitting and the sequences of a training step."""

import hashlib
import os
import re
import sys

import numpy as np

HOLD_OUT = 20  # every 20th document or block of paragraphs is for validation
BLOCK = 50     # paragraphs


def clean(text):
    """Lower case, straight quotes, no italics marks; the model and its prompts know nothing else."""
    text = text.lower().replace("\ufeff", "").replace("\r", "")
    for fancy, plain in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("—", "--"), ("_", "")):
        text = text.replace(fancy, plain)
    return text


def read_documents(path, lines):
    """The documents of one file. `lines`: one a line, after an optional `id TAB`; else blocks of paragraphs."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = clean(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path}' is not UTF-8 ({error.reason} at byte {error.start}): convert it first") from None
    if lines:
        documents = [line.split("\t")[-1].strip() for line in text.split("\n")]
        return [d for d in documents if d]
    # Books are hard-wrapped: a single line break is a space, a blank line ends a paragraph.
    paragraphs = [" ".join(p.split()) for p in re.split(r"\n\s*\n", text)]
    paragraphs = [p for p in paragraphs if p]
    return ["\n".join(paragraphs[i:i + BLOCK]) for i in range(0, len(paragraphs), BLOCK)]


def held_out(index):
    """Whether the document of this index within its file is kept from training."""
    return index % HOLD_OUT == HOLD_OUT - 1


def read_split(books, line_files):
    """(training documents, validation documents) of all files, in the order given."""
    train, validation = [], []
    for path, lines in [(p, False) for p in books] + [(p, True) for p in line_files]:
        for i, document in enumerate(read_documents(path, lines)):
            (validation if held_out(i) else train).append(document)
    return train, validation


def cache_key(tokenizer, books, line_files):
    """What the encoded text depends on, as one hash."""
    digest = hashlib.sha256(repr((tokenizer.merges, HOLD_OUT, BLOCK, len(books))).encode())
    for path in [*books, *line_files]:
        with open(path, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def encode_split(tokenizer, books, line_files, cache):
    """Token streams (train, validation) as uint16, an end of text after each document; kept in the cache file.

    Without files the cache is taken as it is; with files it is used where it was made from them.
    """
    key = cache_key(tokenizer, books, line_files) if books or line_files else None
    if cache and os.path.exists(cache):
        stored = np.load(cache)
        if key is None or ("key" in stored and str(stored["key"]) == key):
            return stored["train"], stored["validation"]
    if key is None:
        raise ValueError(f"'{cache}' is not there and no text is named to make it from")
    streams = []
    for documents in read_split(books, line_files):
        ids = []
        for document in documents:
            ids.extend(tokenizer.encode(document))
            ids.append(tokenizer.end_of_text)
        streams.append(np.array(ids, dtype=np.uint16))
    if cache:
        np.savez(cache, train=streams[0], validation=streams[1], key=key)
    return streams


class Batches:
    """The sequences of step n, a function of the seed and n alone: resuming needs no other state."""

    def __init__(self, stream, end_of_text, n_ctx, batch, seed, repeat_share, bos_share=0.75):
        if len(stream) < 2 * (n_ctx + 2):
            raise ValueError(f"the training text has {len(stream)} tokens; sequences of {n_ctx} need at least {2 * (n_ctx + 2)}")
        self.stream, self.bos, self.n_ctx, self.batch, self.seed = stream, end_of_text, n_ctx, batch, seed
        self.repeat_share, self.bos_share = repeat_share, bos_share
        self.per_epoch = (len(stream) - n_ctx - 1) // n_ctx
        self.epoch = -1

    def row_start(self, n):
        """Where the n-th sequence starts: each epoch is another permutation of chunks, at another offset."""
        epoch, i = divmod(n, self.per_epoch)
        if epoch != self.epoch:
            random = np.random.default_rng([self.seed, 1, epoch])
            self.epoch, self.order, self.offset = epoch, random.permutation(self.per_epoch), random.integers(self.n_ctx)
        return int(self.order[i]) * self.n_ctx + int(self.offset)

    def __len__(self):
        return sys.maxsize

    def __getitem__(self, step):
        """(ids, targets) [batch, n_ctx] int64; a target of -1 carries no loss."""
        random = np.random.default_rng([self.seed, 2, step])
        rows = np.empty((self.batch, self.n_ctx + 1), dtype=np.int64)
        silent = np.zeros(rows.shape, dtype=bool)
        for b in range(self.batch):
            start = self.row_start(step * self.batch + b)
            rows[b] = self.stream[start:start + self.n_ctx + 1]
            if random.random() < self.bos_share:
                rows[b, 1:] = rows[b, :-1].copy()
                rows[b, 0] = self.bos
            if random.random() < self.repeat_share:
                self.make_repeat(rows[b], silent[b], random)
        targets = np.where(silent, -1, rows)[:, 1:]
        return rows[:, :-1], targets

    def make_repeat(self, row, silent, random):
        """Fills the row, after a prefix of text, with one segment again and again: what induction is for.

        The segment is, a third of the time each, a piece of text, tokens drawn from the text, or tokens drawn from the
        vocabulary. Text is where copying pays first; the last is what it has to work on in the end.
        """
        prefix = int(random.integers(1, self.n_ctx // 3 + 1))
        length = int(4 * ((self.n_ctx - prefix) / 8) ** random.random())  # from 4 to half of the rest, short ones as often as long
        kind = int(random.integers(3))
        if kind == 0:
            start = int(random.integers(len(self.stream) - length))
            segment = self.stream[start:start + length]
        elif kind == 1:
            segment = self.stream[random.integers(0, len(self.stream), length)]
        else:
            segment = random.integers(0, self.bos, length)
        rest = len(row) - prefix
        row[prefix:] = np.tile(segment, rest // length + 1)[:rest]
        # A first copy that is noise could be predicted by nothing; learning from it would only flatten the logits.
        silent[prefix:prefix + length] = kind != 0
