"""Panels for notebooks, over functions that also work without them."""
