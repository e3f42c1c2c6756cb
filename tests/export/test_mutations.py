"""Damaged weight files of both formats, from a seed: read, or refused in one line; no code is run, nothing is allocated that the file does not hold."""

import io
import json
import pickle
import random
import struct
import tempfile
import tracemalloc
import unittest
import zipfile
from pathlib import Path

from support import CHECKPOINTS

from checkpoint import safetensors_file, torch_file
from checkpoint.folder import read_json
from errors import ExportError

try:
    import torch
except ImportError:
    torch = None

INPUTS = 400
ODD = [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 1 << 32, 1 << 60, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
VALUES = [None, True, 0, -1, 1 << 40, 1e300, "", "F32", "F99", [], [0, 0], [[]], {}, [1 << 50], {"dtype": "F32"}]
MOST = 16 << 20  # Of Python's own memory, for files of less than a megabyte.


def damaged(original, rng, front=600):
    """One to three kinds of damage to bytes, half of them in the front."""
    data = bytearray(original)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) if rng.random() < 0.5 else min(len(data), front))
        kind = rng.randrange(6)
        if kind == 0:
            del data[max(at, 1):]
        elif kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at:at + 8] = struct.pack("<Q", rng.choice(ODD))
        elif kind == 3:
            del data[at:at + rng.randint(1, 40)]
        elif kind == 4:
            data[at:at] = data[at:at + rng.randint(1, 40)]
        else:
            data[at] = rng.randrange(256)
        if not data:
            break
    return bytes(data)


def header_damaged(original, rng):
    """A header that stays JSON, with a value of another kind, a tensor gone or its numbers changed."""
    length = struct.unpack("<Q", original[:8])[0]
    header = json.loads(original[8:8 + length])
    name = rng.choice([n for n in header if n != "__metadata__"])
    key = rng.choice(["dtype", "shape", "data_offsets"])
    kind = rng.randrange(5)
    if kind == 0:
        header[name][key] = rng.choice(VALUES)
    elif kind == 1:
        del header[name][key]
    elif kind == 2:
        header[name] = rng.choice(VALUES)
    elif kind == 3:
        del header[name]
    else:
        header[name]["data_offsets"] = [n + rng.choice([-4, 4, 1 << 33]) for n in header[name]["data_offsets"]]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + original[8 + length:]


class Mutations(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def check(self, name, read, inputs):
        """Each input is read or refused in one line, within memory; returns how many were read and refused."""
        path = Path(self.folder.name) / name
        counts = [0, 0]
        tracemalloc.start()
        try:
            for number, data in enumerate(inputs):
                path.write_bytes(data)
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                try:
                    read(path)
                    counts[0] += 1
                except ExportError as error:
                    self.assertNotIn("\n", str(error), f"input {number}")
                    counts[1] += 1
                except Exception as error:  # noqa: BLE001 - anything else is what is looked for
                    self.fail(f"input {number}: {type(error).__name__}: {error}")
                self.assertLess(tracemalloc.get_traced_memory()[1] - before, MOST, f"input {number}")
        finally:
            tracemalloc.stop()
        self.assertGreater(counts[1], INPUTS // 10)
        return counts

    def test_safetensors(self):
        original = (CHECKPOINTS / "gpt2" / "model.safetensors").read_bytes()
        length = struct.unpack("<Q", original[:8])[0]
        rng = random.Random(1)
        self.check("model.safetensors", safetensors_file.tensors, (header_damaged(original, rng) if n % 2 else damaged(original, rng, 8 + length) for n in range(INPUTS)))

    def test_types_that_are_no_text(self):
        """Once a fault of its own: a list or an object cannot be looked up."""
        path = Path(self.folder.name) / "model.safetensors"
        for dtype in ([], {}, None, 1):
            text = json.dumps({"a": {"dtype": dtype, "shape": [1], "data_offsets": [0, 4]}}).encode()
            path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
            with self.assertRaisesRegex(ExportError, "unknown type"):
                safetensors_file.tensors(path)

    def test_archives_that_are_encrypted(self):
        """Once a fault of its own: the flag alone makes the archive ask for a password."""
        path = Path(self.folder.name) / "pytorch_model.bin"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        data[6] |= 1
        path.write_bytes(data)
        with self.assertRaisesRegex(ExportError, "not a whole PyTorch file"):
            torch_file.tensors(path)

    def test_pickles_with_memo_entries_by_the_billion(self):
        """Once a fault of its own: a table of four gigabytes for eight bytes of file."""
        magic = pickle.dumps(torch_file.LEGACY_MAGIC, 2)
        path = Path(self.folder.name) / "pytorch_model.bin"
        for number, opcode in enumerate((b"r" + struct.pack("<I", 1 << 28), b"p268435456\n", b"\x8d" + struct.pack("<Q", 1 << 33), b"\x95" + struct.pack("<Q", 1 << 33))):
            path.write_bytes(magic + b"\x80\x04}" + opcode + b".")
            tracemalloc.start()
            try:
                with self.assertRaises(ExportError):
                    torch_file.tensors(path)
                self.assertLess(tracemalloc.get_traced_memory()[1], MOST, f"opcode {number}")
            finally:
                tracemalloc.stop()

    def test_configurations(self):
        original = (CHECKPOINTS / "gpt2" / "config.json").read_bytes()
        rng = random.Random(2)
        self.check("config.json", read_json, (damaged(original, rng) for _ in range(INPUTS)))

    @unittest.skipIf(torch is None, "torch writes these files")
    def test_pickles(self):
        state = {f"h.{n}.weight": torch.arange(12.0).reshape(3, 4) for n in range(4)}
        for legacy in (False, True):
            buffer = io.BytesIO()
            torch.save(state, buffer, _use_new_zipfile_serialization=not legacy)
            original, rng = buffer.getvalue(), random.Random(3)
            self.check("pytorch_model.bin", torch_file.tensors, (damaged(original, rng, len(original)) for _ in range(INPUTS)))

    @unittest.skipIf(torch is None, "torch writes these files")
    def test_pickles_inside_archives(self):
        """The pickle alone is damaged and packed again, so that the archive does not refuse it first."""
        buffer = io.BytesIO()
        torch.save({"a": torch.arange(12.0).reshape(3, 4), "b": torch.zeros(5)}, buffer)
        entries = {info.filename: zipfile.ZipFile(buffer).read(info) for info in zipfile.ZipFile(buffer).infolist()}
        rng = random.Random(4)

        def packed():
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                for name, data in entries.items():
                    archive.writestr(name, damaged(data, rng, len(data)) if name.endswith("data.pkl") else data)
            return out.getvalue()

        self.check("pytorch_model.bin", torch_file.tensors, (packed() for _ in range(INPUTS)))

    def test_pickles_of_anything_but_tensors(self):
        """Opcodes that call, import or build are refused whatever they name."""
        names = ["os.system", "builtins.eval", "builtins.exec", "subprocess.Popen", "torch.load", "collections.OrderedDict.fromkeys", "codecs.decode", "importlib.import_module"]
        inputs = []
        for name in names:
            module, _, attribute = name.rpartition(".")
            for protocol in range(2, 5):
                call = b"\x80" + bytes([protocol]) + b"c" + f"{module}\n{attribute}\n".encode() + b"(X\x01\x00\x00\x00xtR."
                inputs.append(pickle.dumps(torch_file.LEGACY_MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2) + call)
        path = Path(self.folder.name) / "pytorch_model.bin"
        for data in inputs:
            path.write_bytes(data)
            with self.assertRaises(ExportError) as refused:
                torch_file.tensors(path)
            self.assertNotIn("\n", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
