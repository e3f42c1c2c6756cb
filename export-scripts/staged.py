"""A folder that is written beside the name that it gets in the end, under a lock that dies with its process; the importer writes, locks and cleans the same way."""

import ctypes
import errno
import os
import secrets
import shutil
import sys
from pathlib import Path


try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed: to have it open is the lock
    fcntl = None

MARK = "PluginLens writes a folder here for "
HERE, SWAP = -100, 2  # AT_FDCWD; RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
CANNOT = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class Staged:
    """An empty folder beside a destination. What killed processes left there is put right first; removed are the names of what is gone."""

    def __init__(self, destination):
        self.destination, parent = destination, destination.parent
        parent.mkdir(parents=True, exist_ok=True)
        self.removed = clean(parent)
        self.folder = parent / f".{destination.name}.{secrets.token_hex(6)}"
        self.lock = self.folder.with_name(self.folder.name + ".lock")
        self.file = open(self.lock, "x", encoding="utf-8")
        held(self.file)
        self.file.write(f"{MARK}{destination.name}\n")
        self.file.flush()
        self.folder.mkdir()

    def place(self):
        """Puts the folder under its name; what stood there goes."""
        replace(self.folder, self.destination)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.name == "nt":
            self.file.close()
        self.lock.unlink(missing_ok=True)
        self.file.close()


def clean(parent):
    """Puts right what killed processes left in a folder: theirs are the locks that say so and that nobody holds."""
    removed = []
    for lock in sorted(parent.glob(".*.lock")):
        staged = lock.with_name(lock.name[:-len(".lock")])
        try:
            if lock.is_symlink() or not lock.is_file():
                continue
            with open(lock, "r+", encoding="utf-8", errors="replace") as file:
                if not held(file):
                    continue
                said = file.read(1 << 16).rstrip("\n")
                name = said[len(MARK):] if said.startswith(MARK) else ""
                if not name or Path(name).name != name or not staged.name.startswith(f".{name}."):
                    continue
                recover(staged, parent / name)
                if staged.exists():
                    shutil.rmtree(staged)
                    removed.append(staged.name)
                if os.name != "nt":
                    lock.unlink()
            if os.name == "nt":
                lock.unlink()
        except OSError:
            pass  # its process lives, or it is another user's
    return removed


def held(file):
    """Whether the lock is ours now."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def replace(staged, destination):
    """Puts a folder under a name; what stood there has the name staged afterwards. One step where the system can, else two renames and the one that recover undoes."""
    if not os.path.lexists(destination):
        os.rename(staged, destination)
    elif not exchange(staged, destination):
        aside = staged.with_name(staged.name + ".old")
        os.rename(destination, aside)
        try:
            os.rename(staged, destination)
        except OSError:
            os.rename(aside, destination)
            raise
        os.rename(aside, staged)


def recover(staged, destination):
    """Undoes what a killed replace left half done."""
    aside = staged.with_name(staged.name + ".old")
    if os.path.lexists(aside):
        if not os.path.lexists(destination):
            os.rename(aside, destination)
        elif not os.path.lexists(staged):
            os.rename(aside, staged)


def exchange(one, other):
    """Exchanges two names in one step; False where the system cannot."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        one, other = os.fsencode(one), os.fsencode(other)
        result = library.renamex_np(one, other, SWAP) if sys.platform == "darwin" else library.renameat2(HERE, one, HERE, other, SWAP)
    except (AttributeError, OSError, TypeError):
        return False
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in CANNOT:
        return False
    raise OSError(code, os.strerror(code), os.fsdecode(other))
