"""PyTorch's file formats, read without PyTorch: the same values, and no code is run."""

import pickle
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np

from support import CHECKPOINTS, run

from checkpoint import torch_file
from errors import ExportError

try:
    import torch
except ImportError:
    torch = None


TRACE = Path(tempfile.gettempdir()) / "pluginlens-was-here"


class Hostile:
    def __reduce__(self):
        return (open, (str(TRACE), "w"))


class TorchFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "pytorch_model.bin"

    def tearDown(self):
        self.folder.cleanup()

    def read(self):
        return {t.name: t for t in torch_file.tensors(self.path)}

    @unittest.skipIf(torch is None, "PyTorch is not installed")
    def test_both_formats_give_what_torch_saved(self):
        base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
        state = {"plain": base, "transposed": base.t(), "part": base[1:3, 2:5], "half": base.half() / 3, "brain": (base / 3).bfloat16(), "scalar": torch.tensor(2.5),
                 "parameter": torch.nn.Parameter(base + 1), "mask": torch.tensor([True, False]), "expanded": base[:1].expand(3, 6)}
        for zipped in (True, False):
            for wrap in (lambda s: s, lambda s: {"state_dict": s, "epoch": 3}):
                torch.save(wrap(state), self.path, _use_new_zipfile_serialization=zipped)
                found = self.read()
                self.assertEqual(found.keys(), state.keys())
                for name, tensor in state.items():
                    if name == "mask":
                        self.assertRaises(ExportError, found[name].weight)
                    else:
                        np.testing.assert_array_equal(found[name].read(), tensor.detach().float().numpy(), name)

    def test_pickle_that_would_run_code(self):
        TRACE.unlink(missing_ok=True)
        for write in (self.hostile_zip, self.hostile_legacy):
            write()
            with self.assertRaisesRegex(ExportError, "pytorch_model.bin.*io.open"):
                self.read()
            self.assertFalse(TRACE.exists())

    def hostile_zip(self):
        with zipfile.ZipFile(self.path, "w") as archive:
            archive.writestr("a/data.pkl", pickle.dumps({"w": Hostile()}))

    def hostile_legacy(self):
        self.path.write_bytes(pickle.dumps(Hostile(), protocol=2))

    def test_damaged_at_many_places(self):
        source = Path(self.folder.name)
        data = (CHECKPOINTS / "gpt_neo" / "pytorch_model.bin").read_bytes()
        (source / "config.json").write_bytes((CHECKPOINTS / "gpt_neo" / "config.json").read_bytes())
        for length in (0, 3, 100, 5000, len(data) // 2, len(data) - 10):
            self.path.write_bytes(data[:length])
            code, _, err = run(source, source / "out")
            self.assertEqual((code, err.count("\n")), (2, 1), err)
            self.assertIn("pytorch_model.bin", err)


if __name__ == "__main__":
    unittest.main()
