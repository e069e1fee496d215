"""What stands round a drawn number: things, what a number is fixed to, and words."""

import numpy as np
import pytest

from workshop.making.drawing import brush, clutter, hosts, words


@pytest.fixture
def site():
    """A grey facade of 2 by 1.5 metres."""
    canvas = np.full((90, 120, 3), 0.5, np.float32)
    return brush.Site(canvas, 60.0, (0.6, 0.8))


@pytest.mark.parametrize("thing", [thing for thing, _ in clutter.THINGS])
def test_thing_is_painted_where_it_stands_and_nowhere_else(site, thing):
    paint, across, down = thing
    size = np.array([across[1], down[1]]) * site.metre
    away = np.array([500, 400])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        paint(rng, site, np.concatenate([away, away + size]))
        paint(rng, site, -np.concatenate([away + size, away]))
    assert (site.canvas == 0.5).all()
    for seed in range(20):
        start = np.random.default_rng(seed).uniform(-20, 60, 2)
        paint(np.random.default_rng(seed), site, np.array([*start, *(start + size)]))
    assert (site.canvas != 0.5).any()
    assert np.isfinite(site.canvas).all()


@pytest.mark.parametrize("host", [host for host, _ in hosts.HOSTS])
def test_number_can_be_fixed_at_any_place(site, host):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        left, top = rng.uniform(0, 60, 2)
        host(rng, site, np.array([left, top, left + 40, top + 20]), 15.0)
    assert (site.canvas != 0.5).any()
    assert np.isfinite(site.canvas).all()


def test_word_stays_in_its_box_and_shows(site):
    for seed in range(20):
        site.canvas[:] = 0.5
        words.write(np.random.default_rng(seed), site, (30, 20, 90, 50))
        rows, columns = np.nonzero((site.canvas != 0.5).any(2))
        assert 20 <= rows.min() < rows.max() < 50
        assert 30 <= columns.min() < columns.max() < 90
        # As large as the box lets it: all of its width or of its height.
        assert np.ptp(columns) > 50 or np.ptp(rows) > 20


def test_word_that_begins_outside_keeps_its_place(site):
    words.write(np.random.default_rng(0), site, (30, 20, 90, 50), np.zeros(3))
    cut = brush.Site(site.canvas[34:, 60:] * 0 + 0.5, site.metre, site.light)
    words.write(np.random.default_rng(0), cut, (-30, -14, 30, 16), np.zeros(3))
    np.testing.assert_array_equal(cut.canvas, site.canvas[34:, 60:])


def test_box_is_filled_to_its_edges(site):
    site.fill((10, 20, 30.5, 40), np.ones(3))
    np.testing.assert_allclose(site.canvas[20:40, 10:30], 1, atol=1e-6)
    np.testing.assert_allclose(site.canvas[21:39, 30], 0.75, atol=1e-6)
    assert (site.canvas[:, 32:] == 0.5).all()
    assert (site.canvas[:, :9] == 0.5).all()
