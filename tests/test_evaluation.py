"""Evaluation: answers of a network to images, to archives, and from a file."""

import shutil
import tarfile

import keras
import numpy as np
import pytest

from helpers.accuracy import measure
from helpers.datasets import evaluate_archive
from helpers.evaluation import evaluate, forward, load_network, network_input, predict
from helpers.networks import build_network
from helpers.preprocessing import normalise
from helpers.settings import Settings

B = 10
TWO_SEVENS = [2, 7, 7, B, B, B]


@pytest.fixture
def stubborn():
    """A network that answers 77 to everything, of crops of 16 pixels."""
    network = build_network(1, crop_size=16)
    layer = network.get_layer("logits")
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    layer.bias.assign(np.eye(11)[TWO_SEVENS])
    return network


@pytest.fixture
def images():
    return np.random.default_rng(3).integers(0, 256, (7, 12, 12), dtype=np.uint8)


def test_crops_get_mean_0_and_deviation_1(images):
    expected = normalise(images)[..., None]
    np.testing.assert_allclose(network_input(images), expected, atol=1e-5)
    assert not network_input(np.full((1, 4, 4), 200, np.uint8)).numpy().any()


def test_float_pixels_stay():
    pixels = np.linspace(-0.5, 0.5, 16, dtype=np.float32).reshape(1, 4, 4)
    np.testing.assert_array_equal(network_input(pixels)[..., 0], pixels)


@pytest.mark.parametrize("batch_size", [3, 500])
def test_forward_is_the_network_batch_by_batch(images, batch_size):
    network = build_network(2, crop_size=12, widths=(8, 8, 4), seed=1)
    logits = np.asarray(network(network_input(images)))
    found = forward(network, images, batch_size, network_input)
    np.testing.assert_allclose(found, logits, atol=1e-6)
    np.testing.assert_array_equal(predict(network, images), logits.argmax(-1))


def test_no_images_are_refused(stubborn):
    with pytest.raises(ValueError, match="inputs hold none"):
        predict(stubborn, np.zeros((0, 16, 16), np.uint8))


def test_score_is_that_of_the_answers(stubborn):
    labels = np.array([TWO_SEVENS, [2, 7, 1, B, B, B], [1, 7, B, B, B, B]])
    score = evaluate(stubborn, np.zeros((3, 16, 16), np.uint8), labels)
    assert score == measure([TWO_SEVENS] * 3, labels)
    assert score.strict.value == 1 / 3


def test_archive_needs_no_other_and_stays_as_it_is(stubborn, few_settings, few_numbers):
    with tarfile.open(few_numbers / "test.tar.gz", "w:gz") as tar:
        tar.add(few_numbers / "test", "test")
    for name in ("train", "test"):
        shutil.rmtree(few_numbers / name)
    score, skipped = evaluate_archive(stubborn, "test", few_settings)
    assert (score.images, score.length.value, list(skipped)) == (11, 1, [3])
    assert [path.name for path in few_numbers.rglob("*")] == ["test.tar.gz"]


def test_network_of_ours_is_loaded(stubborn, tmp_path):
    stubborn.save(tmp_path / "network.keras")
    loaded = load_network(tmp_path / "network.keras")
    answers = predict(loaded, np.zeros((1, 16, 16), np.uint8))
    assert answers.tolist() == [TWO_SEVENS]


@pytest.mark.parametrize("name", ["network.keras", "network.npz", "network.h5"])
def test_file_of_no_network_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"no network")
    with pytest.raises(ValueError, match=rf"{name}: .*seven_layer_200k\.npz"):
        load_network(tmp_path / name)


def test_network_for_letters_is_refused(tmp_path):
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    keras.Sequential(layers).save(tmp_path / "letters.keras")
    with pytest.raises(ValueError, match=r"output is \(None, 10\); expected .*6, 11"):
        load_network(tmp_path / "letters.keras")


def test_network_is_loaded_without_running_its_code(tmp_path):
    inputs = keras.Input((16, 16, 1))
    outputs = keras.layers.Lambda(lambda x: x)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "network.keras")
    with pytest.raises(ValueError, match="holds no network that Keras can read"):
        load_network(tmp_path / "network.keras")


def test_the_report_s_weights_give_the_report_s_result(real_data, tmp_path):
    """Measured by its own program on these 700 images: 98.07 % and 90.71 %."""
    checkpoint = real_data / "report_checkpoint" / "seven_layer_200k.npz"
    settings = Settings(data=str(real_data), home=tmp_path)
    score, skipped = evaluate_archive(load_network(checkpoint), "test", settings)
    assert (score.images, skipped) == (700, {})
    assert score.six_position.value == pytest.approx(0.9807, abs=0.003)
    assert score.strict.value == pytest.approx(0.9071, abs=0.003)
