"""A photo in, a number out: find the number, read it, say how sure that is."""

from helpers.reader.reader import Reader, Reading

__all__ = ["Reader", "Reading"]
