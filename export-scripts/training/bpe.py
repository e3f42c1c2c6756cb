"""A byte-level BPE tokenizer in GPT-2's file format: training, encoding, reading and writing."""

import collections
import functools
import heapq
import json
import os
import re
import unicodedata

END_OF_TEXT = "<|endoftext|>"


def bytes_to_characters():
    """GPT-2's printable stand-in for each byte, as a list indexed by byte, plus the order of ids."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    others = [b for b in range(256) if b not in set(printable)]
    characters = [""] * 256
    for b in printable:
        characters[b] = chr(b)
    for i, b in enumerate(others):
        characters[b] = chr(256 + i)
    return characters, printable + others


def character_class(major):
    """The code points of one major Unicode category ("L" or "N") as the inside of a regex class."""
    ranges, start = [], None
    for code in range(0x110001):
        inside = code < 0x110000 and unicodedata.category(chr(code))[0] == major
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append((start, code - 1))
            start = None
    return "".join("\\U%08x-\\U%08x" % pair for pair in ranges)


@functools.lru_cache(maxsize=None)
def pre_tokenizer():
    """GPT-2's pattern. Python's own `re` has no \\p{L}, so the classes are spelled out."""
    letter, number = character_class("L"), character_class("N")
    return re.compile(
        "'s|'t|'re|'ve|'m|'ll|'d"
        f"| ?[{letter}]+| ?[{number}]+| ?[^\\s{letter}{number}]+|\\s+(?!\\S)|\\s+")


def train_merges(word_counts, n_merges):
    """Greedy BPE over words given as tuples of symbols. Ties go to the alphabetically first pair."""
    words = [list(w) for w in word_counts]
    counts = list(word_counts.values())
    pair_counts = collections.Counter()
    where = collections.defaultdict(set)
    for i, word in enumerate(words):
        for pair in zip(word, word[1:]):
            pair_counts[pair] += counts[i]
            where[pair].add(i)
    heap = [(-n, pair) for pair, n in pair_counts.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < n_merges:
        negative, pair = heapq.heappop(heap)
        # Counts change after an entry was pushed: an entry that no longer tells the truth is stale.
        if pair_counts.get(pair, 0) != -negative or negative == 0:
            continue
        merges.append(pair)
        changed = set()
        for i in where.pop(pair):
            old = words[i]
            new = merge_pair(old, pair)
            for p in zip(old, old[1:]):
                pair_counts[p] -= counts[i]
                changed.add(p)
            for p in zip(new, new[1:]):
                pair_counts[p] += counts[i]
                where[p].add(i)
                changed.add(p)
            words[i] = new
        for p in changed:
            if pair_counts[p] > 0:
                heapq.heappush(heap, (-pair_counts[p], p))
            else:
                del pair_counts[p]
    return merges


def merge_pair(symbols, pair):
    """The symbols with every occurrence of the pair, from the left, joined into one symbol."""
    merged, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and symbols[i] == pair[0] and symbols[i + 1] == pair[1]:
            merged.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return merged


class Tokenizer:
    """Ids of a text and back. `vocab` maps token to id, `merges` is the list of pairs in rank order."""

    def __init__(self, vocab, merges):
        self.vocab = vocab
        self.merges = merges
        self.tokens = [token for token, _ in sorted(vocab.items(), key=lambda item: item[1])]
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.characters, _ = bytes_to_characters()
        self.bytes = {c: b for b, c in enumerate(self.characters)}
        self.pattern = pre_tokenizer()
        self.cache = {}
        self.end_of_text = vocab[END_OF_TEXT]

    @staticmethod
    def train(texts, vocabulary_size):
        """Learns from an iterable of texts; the last id is the end of text."""
        pattern = pre_tokenizer()
        characters, order = bytes_to_characters()
        counts = collections.Counter()
        for text in texts:
            counts.update(pattern.findall(text))
        words = collections.Counter()
        for word, n in counts.items():
            words[tuple(characters[b] for b in word.encode("utf-8"))] += n
        merges = train_merges(words, vocabulary_size - 257)
        if len(merges) < vocabulary_size - 257:
            raise ValueError(f"the text yields {len(merges) + 257} tokens, fewer than the {vocabulary_size} asked for: "
                             "give more text or a smaller --vocabulary")
        tokens = [characters[b] for b in order] + [a + b for a, b in merges] + [END_OF_TEXT]
        return Tokenizer({token: i for i, token in enumerate(tokens)}, merges)

    def encode(self, text):
        """Ids of a text; the name of the end-of-text token is plain text here."""
        ids = []
        for word in self.pattern.findall(text):
            known = self.cache.get(word)
            if known is None:
                known = self.cache[word] = self.encode_word(word)
            ids.extend(known)
        return ids

    def encode_word(self, word):
        symbols = [self.characters[b] for b in word.encode("utf-8")]
        while len(symbols) > 1:
            best = min(zip(symbols, symbols[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            symbols = merge_pair(symbols, best)
        return [self.vocab[s] for s in symbols]

    def decode(self, ids):
        """The text of the ids; bytes that are no UTF-8 become U+FFFD."""
        data = bytearray()
        for i in ids:
            token = self.tokens[i]
            data += token.encode() if i == self.end_of_text else bytes(self.bytes[c] for c in token)
        return data.decode("utf-8", errors="replace")

    def save(self, folder):
        os.makedirs(folder, exist_ok=True)
        write(folder, "vocab.json", json.dumps(self.vocab, ensure_ascii=False))
        write(folder, "merges.txt", "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in self.merges))
        special = dict(bos_token=END_OF_TEXT, eos_token=END_OF_TEXT, unk_token=END_OF_TEXT)
        write(folder, "tokenizer_config.json", json.dumps(
            dict(special, add_prefix_space=False, model_max_length=128, tokenizer_class="GPT2Tokenizer"), indent=2) + "\n")
        write(folder, "special_tokens_map.json", json.dumps(special, indent=2) + "\n")

    @staticmethod
    def load(folder):
        with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as file:
            vocab = json.load(file)
        with open(os.path.join(folder, "merges.txt"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        return Tokenizer(vocab, [tuple(line.split(" ")) for line in lines[1:] if line])


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
