"""A checkpoint several times larger than the memory that exporting it takes."""

import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT

STATUS = Path("/proc/self/status")
PEAK = "print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
D, LAYERS, VOCABULARY = 512, 20, 16_000


def sparse_checkpoint(folder):
    """GPT-2 of zeros, as a sparse file; gives the bytes of its largest tensor and of all."""
    shapes = {"wte.weight": [VOCABULARY, D], "wpe.weight": [64, D], "ln_f.weight": [D], "ln_f.bias": [D]}
    for l in range(LAYERS):
        for name, shape in {"ln_1.weight": [D], "ln_1.bias": [D], "attn.c_attn.weight": [D, 3 * D], "attn.c_attn.bias": [3 * D], "attn.c_proj.weight": [D, D],
                            "attn.c_proj.bias": [D], "ln_2.weight": [D], "ln_2.bias": [D], "mlp.c_fc.weight": [D, 4 * D], "mlp.c_fc.bias": [4 * D],
                            "mlp.c_proj.weight": [4 * D, D], "mlp.c_proj.bias": [D]}.items():
            shapes[f"h.{l}.{name}"] = shape
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_embd": D, "n_head": 8, "n_layer": LAYERS, "vocab_size": VOCABULARY, "n_positions": 64}))
    return 4 * D * VOCABULARY, end


class Memory(unittest.TestCase):
    def peak(self, code, *arguments):
        done = subprocess.run([sys.executable, "-c", f"{code}; {PEAK}", *arguments], capture_output=True, text=True, check=True)
        return int(done.stdout.split()[-1])

    @unittest.skipUnless(STATUS.exists(), "the peak is read from /proc")
    def test_peak_is_below_twice_the_largest_tensor(self):
        with tempfile.TemporaryDirectory() as folder:
            largest, total = sparse_checkpoint(Path(folder))
            start = f"import sys; sys.path.insert(0, {str(ROOT / 'export-scripts')!r}); import export"
            idle = self.peak(f"{start}; import pipeline")
            limit = idle + (2 * largest + (50 << 20) >> 20)
            self.assertLess(limit, total >> 20)
            for dtype in ("float32", "bfloat16"):
                peak = self.peak(f"{start}; assert export.main(sys.argv[1:]) == 0", folder, f"{folder}/{dtype}", "--transformer-lens-defaults", "--dtype", dtype)
                self.assertLess(peak, limit, dtype)


if __name__ == "__main__":
    unittest.main()
