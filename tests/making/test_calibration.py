"""How often contexts are read rightly, and from which confidence a reader is sure."""

import shutil

import calibrate
import numpy as np
import pytest
from builders import read_weights
from PIL import Image

from helpers.accuracy import BLANK, POSITIONS
from helpers.preprocessing import number_label
from helpers.reader.crops import SIZE, number_crops
from helpers.reader.weights import SHIPPED
from workshop.making.calibration import fit_confidences, reader_crops, strict
from workshop.making.contexts import CONTEXT_SIZE, crop_contexts


class Stub:
    """In place of a network: gives some logits, and keeps what it is given."""

    input_shape = (None, *SIZE[::-1], 1)

    def __init__(self, logits):
        self.logits, self.given = logits, []

    def __call__(self, inputs):
        self.given.append(np.asarray(inputs))
        return self.logits


def answers(digits, confidences):
    """Logits of one digit each, with such a confidence."""
    logits = np.full((len(digits), POSITIONS, 11), -50.0, np.float32)
    logits[:, 0, 1] = 50
    for row, (digit, confidence) in enumerate(zip(digits, confidences, strict=True)):
        logits[row, 1, :BLANK] = np.log((1 - confidence) / 9)
        logits[row, 1, digit] = np.log(confidence)
    return logits


CONFIDENCES = (0.5, 0.9, 0.6, 0.8, 0.7)


@pytest.mark.parametrize(
    ("digits", "accuracy", "sure_from"),
    [
        ((1, 2, 3, 4, 5), 0.98, 0.5),  # all are right
        ((1, 2, 3, 4, 0), 0.98, 0.8),  # the third surest is wrong: 1, 1, 2/3, 3/4, 4/5
        ((1, 2, 3, 4, 0), 0.75, 0.5),
        ((0, 2, 3, 4, 0), 0.75, 0.6),  # and the last: 1, 1, 2/3, 3/4, 3/5
        ((1, 0, 3, 4, 5), 0.98, None),  # the surest is wrong
    ],
)
def test_sure_is_from_where_enough_are_right(digits, accuracy, sure_from):
    labels = np.stack([number_label([digit]) for digit in (1, 2, 3, 4, 5)])
    found = fit_confidences(answers(digits, CONFIDENCES), labels, accuracy)
    if sure_from is None:
        assert found["sure_from"] == 1
    else:  # as confidences are at the temperature
        said = np.array([sure_from] + [(1 - sure_from) / 9] * 9)
        said **= 1 / found["temperature"]
        assert found["sure_from"] == pytest.approx(said[0] / said.sum(), abs=1e-4)


def test_calibration_looks_where_a_reader_does():
    """The box in the middle of a context is the one that it was cropped round."""
    image = Image.new("L", (300, 200), 40)
    image.paste(220, (120, 80, 150, 120))
    box = (100, 70, 200, 130)
    crops = reader_crops(crop_contexts(image, [box]))
    assert np.abs(crops.astype(float) - number_crops(image, [box])).mean() < 4


def test_strict_counts_whole_numbers_in_the_middle_of_contexts():
    network = Stub(answers((1, 2, 3, 4), (0.9,) * 4))
    contexts = np.zeros((4, *CONTEXT_SIZE[::-1]), np.uint8)
    contexts[:, 12, 18] = contexts[:, 59, 89] = 255  # the first and last pixel
    labels = np.stack([number_label([digit]) for digit in (1, 2, 3, 0)])
    assert strict(network, contexts, labels) == 3 / 4
    labels[0] = number_label([1, 1])
    assert strict(network, contexts, labels) == 2 / 4
    crop = network.given[0][0, ..., 0]
    assert crop.shape == (48, 72)
    assert crop[0, 0] == crop[-1, -1] == crop.max()


def test_shipped_reader_is_calibrated_and_its_weights_stay(tmp_path, settings):
    path = tmp_path / "reader.npz"
    shutil.copy(SHIPPED, path)
    found = calibrate.main(settings, path, count=6, shard=6)
    (metadata, arrays), (before, first) = read_weights(path), read_weights(SHIPPED)
    assert metadata == before | found
    assert found["calibrated_on"] == "6 drawn numbers"
    assert list(arrays) == list(first)
    assert all(arrays[name].tobytes() == first[name].tobytes() for name in first)
    # Of a seed that nothing was learned from or measured on.
    (drawn,) = (settings.home / "reader").iterdir()
    assert f"_{settings.seed + 2}_" in drawn.name
