"""Gives the notebooks' cells time to print: nbval waits 5 s, and no option says so."""

OUTPUT_TIMEOUT = 900  # seconds between two outputs of one cell


def pytest_collection_modifyitems(items):
    """Raise the time that nbval 0.11 waits for the next output of a cell."""
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = OUTPUT_TIMEOUT
