"""Strokes of a pen: curves through their points, joined, bent and wavering."""

import numpy as np
import pytest

from workshop.making.drawing.strokes import curve_through, joined, warped, wavering

ROW = np.stack([np.linspace(0, 1, 21), np.full(21, 0.3)], 1)


def test_two_points_make_a_line_and_more_a_curve_through_them():
    points = [(0.0, 0.0), (1.0, 2.0), (3.0, 2.0), (4.0, 0.0)]
    line = np.linspace(*points[:2], 9)
    np.testing.assert_allclose(curve_through(points[:2]), line)
    curve = curve_through(points, steps=8)
    assert len(curve) == 3 * 8 + 1
    np.testing.assert_allclose(curve[::8], points)
    straight = curve_through([(0, 0), (1, 1), (2, 2)])[:, 0]
    np.testing.assert_allclose(straight, np.linspace(0, 2, 17), atol=0.07)


def test_strokes_that_meet_are_joined_and_others_not():
    bar, leg, cross = ([0, 0], [1, 0]), ([1, 0], [0, 1]), ([0, 0.5], [1, 0.5])
    long, short = joined([np.array(stroke, float) for stroke in (bar, leg, cross)])
    np.testing.assert_array_equal(long, [[0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(short, cross)


def test_points_are_bent_by_as_much_as_said():
    rng = np.random.default_rng(5)
    moved = np.stack([warped(rng, ROW, 0.2) - ROW for _ in range(500)])
    assert 0.05 < moved[:, [0, -1]].std() < 0.2
    np.testing.assert_array_equal(warped(rng, ROW, 0.0), ROW)


def test_points_waver_by_as_much_as_said_and_alike_where_they_meet():
    rng = np.random.default_rng(6)
    row = ROW.copy()
    row[-1] = row[0]
    shifts = np.stack([wavering(rng, row, 0.05) - row for _ in range(800)])
    assert shifts.std() == pytest.approx(0.05, rel=0.1)
    np.testing.assert_allclose(shifts[:, 0], shifts[:, -1], atol=1e-12)
