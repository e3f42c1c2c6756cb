"""PyTorch's two file formats, read without PyTorch and without running what a pickle may ask for."""

import io
import os
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict

import files
from checkpoint.stored_tensor import BYTES, StoredTensor
from errors import ExportError

TYPES = {"FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16", "DoubleStorage": "F64", "LongStorage": "I64",
         "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL"}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class _Storage:
    def __init__(self, dtype, key, count):
        self.dtype, self.key, self.count = dtype, key, count


class _View:
    """What a tensor's pickle says of it: storage, offset, shape and strides in elements."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def _parameter(view, *_):
    return view


class _Unpickler(pickle.Unpickler):
    """Knows tensors and dictionaries, and refuses every other name."""

    KNOWN = {("collections", "OrderedDict"): OrderedDict, ("torch._utils", "_rebuild_tensor_v2"): _View,
             ("torch._utils", "_rebuild_tensor"): _View, ("torch._utils", "_rebuild_parameter"): _parameter}

    def __init__(self, file):
        super().__init__(file)
        self.file = file
        self.storages = {}

    def load(self):
        _check(self.file)
        return super().load()

    def find_class(self, module, name):
        if module == "torch" and name in TYPES:
            return TYPES[name]
        if (module, name) in self.KNOWN:
            return self.KNOWN[module, name]
        raise ExportError(f"asks for '{module}.{name}', which tensors do not need; save its state_dict as safetensors")

    def persistent_load(self, pid):
        kind, dtype, key, _, count = pid[:5]
        if kind != "storage" or dtype not in BYTES or (len(pid) > 5 and pid[5] is not None):
            raise ExportError("holds a storage of an unknown kind; save its state_dict as safetensors")
        return self.storages.setdefault(str(key), _Storage(dtype, str(key), int(count)))


class _Bounded:
    """A file that is never asked for more than it holds: what is asked for is allocated first."""

    def __init__(self, file, left):
        self.file, self.left = file, left

    def read(self, count):
        return self._taken(self.file.read(min(count, self.left)))

    def readline(self):
        return self._taken(self.file.readline())

    def tell(self):
        return self.file.tell()

    def _taken(self, data):
        self.left -= len(data)
        return data


def _check(file):
    """Refuses a pickle that would make the reader allocate what the file does not hold: texts and frames longer than it, memo entries by the billion."""
    start = file.tell()
    left = file.seek(0, io.SEEK_END) - start
    file.seek(start)
    for opcode, argument, _ in pickletools.genops(_Bounded(file, left)):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT", "FRAME") and argument > left:
            raise ExportError("holds a pickle that asks for more than the file has; download it again")
    file.seek(start)


def tensors(path):
    """Every tensor of the file, unread."""
    try:
        with files.opened(path) as file:
            state, places = (_zip if zipfile.is_zipfile(file) else _legacy)(file)
        return [_tensor(path, name, view, places) for name, view in _flatten(path, state)]
    except ExportError as error:
        message = str(error)
        raise ExportError(message if f"'{path.name}'" in message else f"'{path.name}' {message}") from None
    except (pickle.UnpicklingError, zipfile.BadZipFile, EOFError, struct.error, KeyError, IndexError, ValueError, TypeError,
            AttributeError, ImportError, OverflowError, MemoryError, RuntimeError, UnicodeDecodeError, NotImplementedError, OSError):
        raise ExportError(f"'{path.name}' is not a whole PyTorch file; download it again") from None


def _flatten(path, state):
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict):
        raise ExportError(f"'{path.name}' should hold a dictionary of tensors, found a {type(state).__name__}")
    for name, view in state.items():
        if not isinstance(view, _View):
            raise ExportError(f"'{path.name}' holds '{name}', which is not a tensor; save the state_dict alone")
        yield name, view


def _tensor(path, name, view, places):
    storage, shape, strides = view.storage, tuple(view.shape), tuple(view.strides)
    label = f"tensor '{name}' of '{path.name}'"
    numbers = [view.offset, storage.count, *shape, *strides]
    if not all(type(n) is int and 0 <= n < 1 << 48 for n in numbers) or len(shape) != len(strides):
        raise ExportError(f"{label} has an impossible shape; the file is damaged")
    base, size = places[storage.key]
    last = view.offset + sum((n - 1) * s for n, s in zip(shape, strides)) + 1 if all(shape) else view.offset
    if last > storage.count or last * BYTES[storage.dtype] > size:
        raise ExportError(f"{label} reaches beyond its storage; the file is damaged")
    in_order, step = True, 1
    for n, s in zip(reversed(shape), reversed(strides)):
        in_order &= n == 1 or s == step
        step *= n
    return StoredTensor(name, storage.dtype, shape, path, base + view.offset * BYTES[storage.dtype],
                        None if in_order else strides, None if in_order else last - view.offset)


def _zip(file):
    """The format since PyTorch 1.6: a zip of data.pkl and one uncompressed entry a storage."""
    places = {}
    with zipfile.ZipFile(file) as archive:
        pickles = [i for i in archive.infolist() if i.filename.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ExportError("is a zip file without a data.pkl; expected the state_dict that torch.save writes")
        root = pickles[0].filename[:-len("data.pkl")]
        for info in archive.infolist():
            if info.filename in (root + "data.pkl", root + "byteorder") or info.filename.startswith(root + "data/"):
                if info.compress_type != zipfile.ZIP_STORED:
                    raise ExportError("is a compressed archive; save it again with torch.save")
            if info.filename.startswith(root + "data/"):
                file.seek(info.header_offset + 26)
                name_length, extra_length = struct.unpack("<HH", file.read(4))
                places[info.filename[len(root) + 5:]] = (info.header_offset + 30 + name_length + extra_length, info.file_size)
            elif info.filename == root + "byteorder" and archive.read(info) != b"little":
                raise ExportError("is big-endian; save it again on a little-endian machine")
        if pickles[0].file_size > files.LONGEST:
            raise ExportError(f"has a data.pkl of {pickles[0].file_size >> 20} MB, more than any list of tensors takes; save it as safetensors")
        return _Unpickler(io.BytesIO(archive.read(pickles[0]))).load(), places


def _legacy(file):
    """The format before: five pickles in a row, then each storage as a count and its values."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    if file.read(8) == b"version ":
        raise ExportError("is a Git LFS pointer, not the weights; run 'git lfs pull' in the checkpoint's repository")
    file.seek(0)
    if _Unpickler(file).load() != LEGACY_MAGIC:
        raise ExportError("is not a file that torch.save writes; download it again")
    _Unpickler(file).load()
    if not _Unpickler(file).load().get("little_endian", True):
        raise ExportError("is big-endian; save it again on a little-endian machine")
    reader = _Unpickler(file)
    state = reader.load()
    places = {}
    for key in _Unpickler(file).load():
        count = struct.unpack("<q", file.read(8))[0]
        width = BYTES[reader.storages[str(key)].dtype]
        places[str(key)] = (file.tell(), min(count * width, size - file.tell()))
        file.seek(count * width, 1)
    return state, places
