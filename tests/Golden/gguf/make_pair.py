"""Makes pair/llama3-Q4_0.gguf: models/llama3-f16.gguf with its matrices in blocks of 32 four-bit codes, so that one model is there twice. Needs numpy."""

import struct
from pathlib import Path

import numpy as np

F16, Q4_0, ALIGNMENT = 1, 2, 32
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
HERE = Path(__file__).parent


def take(data, at, pattern):
    return struct.unpack_from(f"<{pattern}", data, at)[0], at + struct.calcsize(f"<{pattern}")


def text(data, at):
    length, at = take(data, at, "Q")
    return data[at:at + length], at + length


def after_value(data, at, kind):
    """Where the value of a key ends."""
    if kind == 8:
        return text(data, at)[1]
    if kind != 9:
        return at + SIZES[kind]
    inner, at = take(data, at, "I")
    count, at = take(data, at, "Q")
    if inner != 8:
        return at + count * SIZES[inner]
    for _ in range(count):
        at = text(data, at)[1]
    return at


def codes(values):
    """Q4_0: d is the entry of the largest magnitude over -8; codes round x / d + 8; the second half of a block lies in the high nibbles."""
    blocks = values.reshape(-1, 32).astype(np.float32)
    largest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
    scale = largest / np.float32(-8)
    inverse = np.where(scale == 0, 0, 1 / np.where(scale == 0, 1, scale)).astype(np.float32)
    nibbles = np.clip(np.trunc(blocks * inverse[:, None] + np.float32(8.5)), 0, 15).astype(np.uint8)
    packed = nibbles[:, :16] | (nibbles[:, 16:] << 4)
    return b"".join(d.tobytes() + q.tobytes() for d, q in zip(scale.astype(np.float16), packed))


def main():
    data = (HERE / "models/llama3-f16.gguf").read_bytes()
    (tensors, at), (keys, _) = take(data, 8, "Q"), take(data, 16, "Q")
    at = 24
    for _ in range(keys):
        _, at = text(data, at)
        kind, at = take(data, at, "I")
        at = after_value(data, at, kind)
    header, listed = data[:at], []
    for _ in range(tensors):
        name, at = text(data, at)
        rank, at = take(data, at, "I")
        extents = struct.unpack_from(f"<{rank}Q", data, at)
        at += 8 * rank
        kind, at = take(data, at, "I")
        offset, at = take(data, at, "Q")
        listed.append((name, extents, kind, offset))
    begin = -(-at // ALIGNMENT) * ALIGNMENT
    table, body = b"", b""
    for name, extents, kind, offset in listed:
        count = int(np.prod(extents))
        content = data[begin + offset:begin + offset + count * (2 if kind == F16 else 4)]
        if kind == F16 and len(extents) == 2 and extents[0] % 32 == 0:
            kind, content = Q4_0, codes(np.frombuffer(content, np.float16))
        table += struct.pack("<Q", len(name)) + name + struct.pack(f"<I{len(extents)}QIQ", len(extents), *extents, kind, len(body))
        body += content + b"\0" * (-len(content) % ALIGNMENT)
    whole = header + table
    (HERE / "pair/llama3-Q4_0.gguf").write_bytes(whole + b"\0" * (-len(whole) % ALIGNMENT) + body)


if __name__ == "__main__":
    main()
