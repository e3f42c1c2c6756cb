"""The one error that users see."""


class ExportError(Exception):
    """Bad input: one line that says what was expected, what was found, what to do."""
