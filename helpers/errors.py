"""What can be wrong with what a person gives: one family of errors.

Every message names the file, what was found, what was expected and what to do.
"""


class InputError(ValueError):
    """An input that cannot be used as it is."""
