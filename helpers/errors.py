"""The base of every error about an input, wherever it is read.

Every message names the file, what was found, what was expected and what to do.
"""


class InputError(ValueError):
    """An input that cannot be used as it is."""
