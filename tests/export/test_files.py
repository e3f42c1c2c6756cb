"""Files that are not what they say, and exports that are killed: no waiting, no filled memory, the old folder or the new one under its name."""

import os
import shutil
import signal
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from support import CHECKPOINTS, run, tried

import staged
from folder import onnx_file

SMALL = CHECKPOINTS / "gpt2"


class Waited(Exception):
    """An export waits for a pipe."""


def give_up(*_):
    raise Waited


@unittest.skipUnless(hasattr(os, "mkfifo"), "no named pipes here")
class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.source = Path(shutil.copytree(SMALL, self.path / "source"))
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, give_up))
        self.addCleanup(signal.alarm, 0)
        signal.alarm(60)

    def refused(self, *words):
        code, _, err = run(self.source, self.path / "model")
        self.assertEqual((code, err.count("\n")), (2, 1), err)
        for word in words:
            self.assertIn(word, err)
        self.assertFalse((self.path / "model").exists())

    def in_place_of(self, name):
        (self.source / name).unlink(missing_ok=True)
        os.mkfifo(self.source / name)

    def test_a_pipe_in_the_place_of_the_configuration(self):
        self.in_place_of("config.json")
        self.refused("config.json' is a named pipe; expected a regular file")

    def test_a_pipe_in_the_place_of_the_weights(self):
        for name in ("model.safetensors", "pytorch_model.bin"):
            for other in ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"):
                (self.source / other).unlink(missing_ok=True)
            self.in_place_of(name)
            self.refused(f"{name}' is a named pipe; expected a regular file")

    def test_a_device_behind_a_link(self):
        (self.source / "config.json").unlink()
        (self.source / "config.json").symlink_to("/dev/zero")
        self.refused("config.json' is a device; expected a regular file")

    def test_a_configuration_that_fills_the_memory(self):
        with open(self.source / "config.json", "wb") as file:
            file.truncate(1 << 40)
        self.refused("config.json' has more than 256 MB")

    def test_a_zip_that_grows_a_thousandfold(self):
        (self.source / "model.safetensors").unlink()
        for name in ("data.pkl", "byteorder"):
            with zipfile.ZipFile(self.source / "pytorch_model.bin", "w") as archive:
                archive.writestr("archive/data.pkl", bytes(64 << 20), zipfile.ZIP_DEFLATED if name == "data.pkl" else zipfile.ZIP_STORED)
                archive.writestr("archive/byteorder", bytes(64 << 20), zipfile.ZIP_DEFLATED if name == "byteorder" else zipfile.ZIP_STORED)
            self.refused("is a compressed archive")


@unittest.skipUnless(hasattr(os, "fork"), "needs fork")
class Kills(unittest.TestCase):
    """An export over a model folder is killed before and after each call that changes the parent folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.parent = Path(folder.name)
        self.model = self.parent / "model"
        self.assertEqual(run(SMALL, self.model, "--source-name", "old")[0], 0)

    def killed(self, moment, in_one_step):
        """Whether a child that dies at a moment got to it."""
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        left = moment

        def dying(call):
            def instead(*arguments, **named):
                nonlocal left
                for step in ("before", "after"):
                    if left == 0:
                        os._exit(9)
                    left -= 1
                    if step == "before":
                        result = call(*arguments, **named)
                return result
            return instead
        try:
            with mock.patch("staged.exchange", dying(staged.exchange) if in_one_step else lambda *_: False), mock.patch("os.rename", dying(os.rename)), \
                    mock.patch("shutil.rmtree", dying(shutil.rmtree)), mock.patch("os.mkdir", dying(os.mkdir)), \
                    mock.patch("staged.held", dying(staged.held)), mock.patch("folder.onnx_file.save", dying(onnx_file.save)):
                run(SMALL, self.model, "--source-name", "new", "--force")
        finally:
            os._exit(0)

    def stands(self):
        data = (self.model / "model.onnx").read_bytes() if self.model.exists() else b""
        return "old" if b"source\x12\x03old" in data else "new" if b"source\x12\x03new" in data else "nothing"

    def test_the_old_or_the_new_folder_stands_under_its_name(self):
        for in_one_step in (True, False):
            moment, seen, alive = 0, [], False
            while not alive:
                with tempfile.TemporaryDirectory() as parent:
                    self.parent, old = Path(parent), self.model
                    self.model = Path(shutil.copytree(old, self.parent / "model"))
                    alive = not self.killed(moment, in_one_step)
                    if in_one_step:
                        self.assertNotEqual(self.stands(), "nothing", moment)
                    staged.clean(self.parent)
                    seen.append(self.stands())
                    # A lock that was made a moment before it says whose it is stays, empty and alone.
                    self.assertEqual([p.name for p in self.parent.iterdir() if p.name != "model" and (p.is_dir() or p.stat().st_size)], [], moment)
                    self.model = old
                moment += 1
            self.assertLess(moment, 100)
            tried(f"an export that replaces another{'' if in_one_step else ', in two steps'}: killed before and after each of {(moment - 1) // 2} calls, 0 lost")
            self.assertEqual((set(seen), seen[-1]), ({"old", "new"}, "new"))

    def test_the_old_folder_stands_where_the_disk_is_full(self):
        """No file may grow beyond 4 KB, 8 KB, ... until the whole export fits."""
        ended = []
        while not ended or ended[-1] != 0:
            limit = 4096 * (len(ended) + 1)
            child = os.fork()
            if not child:
                import resource  # Not on Windows.
                code = 99
                try:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
                    code, _, err = run(SMALL, self.model, "--source-name", "new", "--force")
                    code = code if code == 0 or err.count("\n") == 1 else 98
                finally:
                    os._exit(code)
            ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            self.assertEqual(self.stands(), "old" if ended[-1] else "new", limit)
            self.assertEqual([p.name for p in self.parent.iterdir()], ["model"], limit)
            self.assertLess(len(ended), 200)
        self.assertEqual(set(ended[:-1]), {2})
        self.assertGreater(len(ended), 5)
        tried(f"an export that replaces another: disk full after each 4 KB up to {4 * (len(ended) - 1)} KB, 0 lost")

    def test_what_is_not_ours_stays_and_what_is_is_named(self):
        for name, text in (("mine", "mine\n"), ("theirs", f"{staged.MARK}model\n"), ("live", f"{staged.MARK}model\n")):
            (self.parent / f".model.{name}").mkdir()
            (self.parent / f".model.{name}.lock").write_text(text)
        with open(self.parent / ".model.live.lock") as live:
            self.assertTrue(staged.held(live))
            code, out, err = run(SMALL, self.model, "--force")
        self.assertEqual(code, 0, err)
        self.assertIn("removed '.model.theirs', which an import or export that was killed had left", out)
        self.assertEqual(sorted(p.name for p in self.parent.iterdir()), [".model.live", ".model.live.lock", ".model.mine", ".model.mine.lock", "model"])


if __name__ == "__main__":
    unittest.main()
