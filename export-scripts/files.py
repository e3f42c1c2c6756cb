"""Files that are read: regular ones only, of a limited size. To open a named pipe would wait for ever, to read a device never end."""

import os
import stat

from errors import ExportError

LONGEST = 256 << 20  # what is read whole: configurations, indexes, tokenizer files
KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))


def opened(path):
    """The file, open to read bytes; links are followed."""
    refuse(path, os.stat(path).st_mode)
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        refuse(path, os.fstat(file).st_mode)  # what stands there now
        return os.fdopen(file, "rb")
    except BaseException:
        os.close(file)
        raise


def whole(path, longest=LONGEST):
    """Everything that the file holds."""
    parts, left = [], longest + 1
    with opened(path) as file:
        # A piece at a time: what is asked for is allocated first.
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
    content = b"".join(parts)
    if len(content) > longest:
        raise ExportError(f"'{path}' has more than {longest >> 20} MB, which no such file has; take the model's own")
    return content


def text(path):
    """Its text, in UTF-8 with or without a mark."""
    return whole(path).decode("utf-8-sig")


def refuse(path, mode):
    if not stat.S_ISREG(mode):
        raise ExportError(f"'{path}' is {next((name for test, name in KINDS if test(mode)), 'no file')}; expected a regular file")
