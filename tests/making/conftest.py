"""Small networks and readers, in place of those that take hours."""

from functools import partial

import pytest

from helpers.reader import Reader
from helpers.reader.networks import build_finder, build_reader

SMALL_READER = partial(build_reader, depths=(4, 4, 4, 4), width=8)
SMALL_FINDER = partial(build_finder, depths=(4, 4, 4, 4, 4))


@pytest.fixture(scope="session")
def small_networks():
    """Builders of a reader's network and of a finder, in small."""
    return {"build_reader": SMALL_READER, "build_finder": SMALL_FINDER}


@pytest.fixture
def small_reader():
    """A reader of random weights, and metadata."""
    metadata = {"trained_on": "nothing", "temperature": 1.5, "sure_from": 0.25}
    return Reader(SMALL_READER(seed=7), SMALL_FINDER(seed=7), metadata)
