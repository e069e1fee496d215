"""Drawn photos: of each kind, each number where its box says."""

import numpy as np

from helpers.sample.photos import KINDS, draw_photos

PHOTOS = draw_photos(6, seed=1)


def test_photos_are_of_each_kind_and_the_same_again():
    assert [photo.kind for photo in PHOTOS] == [*KINDS, *KINDS]
    for one, again in zip(PHOTOS, draw_photos(6, seed=1), strict=True):
        left, top, right, bottom = one.box
        assert 0 <= left < right <= one.image.width
        assert 0 <= top < bottom <= one.image.height
        assert 2 <= len(one.number) <= 4
        assert one.image.tobytes() == again.image.tobytes()
        assert (one.number, one.box) == (again.number, again.box)
    assert PHOTOS[0].image.tobytes() != draw_photos(1, seed=2)[0].image.tobytes()


def test_a_note_has_its_ink_in_its_box():
    note = PHOTOS[1]
    pixels = np.asarray(note.image.convert("L"), float)
    left, top, right, bottom = map(round, note.box)
    inside = pixels[top:bottom, left:right].min()
    pixels[top - 4 : bottom + 4, left - 4 : right + 4] = 255
    assert inside < pixels.min()


def test_a_street_s_number_is_small_and_away_from_the_edges():
    for street in PHOTOS[2::3]:
        left, top, right, bottom = street.box
        assert 22 <= bottom - top <= 60
        assert (right - left) * (bottom - top) < 0.15 * np.prod(street.image.size)
        assert min(left, top) > 0
        assert right < street.image.width
        assert bottom < street.image.height
