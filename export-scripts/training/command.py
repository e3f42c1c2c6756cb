"""How the training commands end: 0, 1 where the run failed, 2 where what it was given is wrong; never with a stack of calls."""

import sys


def guarded(name, body):
    """Runs the body and exits; errors of files and values are one line."""
    try:
        body()
    except FloatingPointError as error:
        code, text = 1, error
    except (OSError, ValueError, KeyError) as error:
        code, text = 2, f"{error.filename}: {error.strerror}" if getattr(error, "filename", None) else error
    else:
        return
    print(f"{name}: {text}", file=sys.stderr)
    sys.exit(code)
