"""The reader made and tuned, in small: what is written, and what is kept apart."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from helpers.accuracy import BLANK, POSITIONS
from helpers.preprocessing import normalise
from helpers.reader import crops, weights
from helpers.reader.crops import CONTEXT_SIZE, SIZE, crop_contexts, number_crops
from helpers.reader.evaluation import Numbers, archive_numbers
from helpers.reader.networks import build_finder, build_reader
from helpers.reader.reader import Reader
from helpers.settings import Settings
from helpers.training.checkpoints import load_checkpoint
from helpers.training.loop import CHECKPOINT
from helpers.training.losses import cross_entropy
from workshop.making import examples, finder_images, make
from workshop.making.make import (
    SHARES,
    SQUARE,
    Round,
    calibrate_shipped,
    calibration,
    contexts_of,
    fine_tune,
    make_reader,
    strict,
)
from workshop.making.shards import drawn_shards
from workshop.making.training import Plan, truncated_loss
from workshop.making.widening import widened

TINY = {
    "reader": partial(build_reader, depths=(4, 4, 4, 4), width=8),
    "finder": partial(build_finder, depths=(4, 4, 4, 4, 4)),
}


def make_small(patched) -> None:
    """Small networks, few drawn images, three steps."""
    few = {"shard": 12, "processes": 1}
    for module in (examples, finder_images):
        patched.setattr(
            module, "drawn_shards", lambda *a, **k: drawn_shards(*a, **(k | few))
        )
    patched.setattr(weights, "BUILDERS", TINY)
    for name, build in TINY.items():
        patched.setattr(make, f"build_{name}", build)
    first, second = Plan(steps=3, batch_size=4), Plan(steps=2, batch_size=4, seed=1)
    last = Round(second, truncated_loss, SHARES, weight=0.75, width=SIZE[0])
    rounds = Round(first, cross_entropy), last
    patched.setattr(make, "READER_ROUNDS", rounds)
    patched.setattr(make, "FINDER_PLAN", first)
    patched.setattr(make, "TUNING_PLAN", Plan(steps=3, batch_size=10))
    counts = {"numbers": 24, "notes": 12, "cast": 12}
    for name, count in (("COUNTS", counts), ("WHOLE", 12), ("HELD_OUT", 12)):
        patched.setattr(make, name, count)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    make_small(monkeypatch)


@pytest.fixture
def settings(few_numbers, tmp_path):
    folders = {"home": tmp_path / "home", "runs_root": tmp_path / "runs"}
    return Settings(data=str(few_numbers), **folders)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A reader made once: its settings, itself, and its file."""
    place = tmp_path_factory.mktemp("made")
    settings = Settings(home=place / "home", runs_root=place / "runs")
    with pytest.MonkeyPatch.context() as patched:
        make_small(patched)
        return settings, make_reader(settings, place / "made.npz"), place / "made.npz"


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Small random networks as the shipped reader, and metadata."""
    path = tmp_path / "shipped.npz"
    networks = {name: build(seed=7) for name, build in TINY.items()}
    metadata = {"trained_on": "nothing", "sure_from": 0.5}
    weights.save_weights(path, networks, metadata)
    monkeypatch.setattr("helpers.reader.reader.SHIPPED", path)
    return path


def arrays(path) -> dict:
    with np.load(path) as stored:
        return dict(stored)


def written(*folders) -> dict:
    """When each file below some folders was written."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def test_reader_is_made_with_its_metadata(made):
    settings, reader, path = made
    metadata = Reader.load(path).metadata
    assert metadata == reader.metadata
    assert metadata["made_by"] == "make reader"
    assert metadata["trained_on"].startswith(
        "24 drawn numbers, 12 drawn notes by hand, 12 drawn old plates and 12 drawn "
        "whole images"
    )
    first, last = metadata["rounds"]
    assert (first["shares"], first["weight"], first["width"]) == ({}, 1, 48)
    assert (last["shares"], last["weight"], last["width"]) == (SHARES, 0.75, 72)
    assert (first["loss"], last["loss"]) == ("cross_entropy", "truncated_loss")
    assert (first["plan"]["steps"], last["plan"]["steps"]) == (3, 2)
    assert metadata["finder"]["steps"] == 3
    assert 0 <= metadata["sure_from"] <= 1
    assert metadata["temperature"] > 0
    measured = metadata["measured"]["drawn validation"]
    assert measured["images"] == 12
    assert 0 <= measured["strict"] <= 1
    assert metadata["seed"] == settings.seed
    for name, steps in (("finder", [3]), ("reader", [3, 2])):
        history = metadata["history"][name]
        assert [row["step"] for row in history] == steps
        assert np.isfinite([row["loss"] for row in history]).all()
    assert json.loads(str(arrays(path)["metadata"])) == metadata


def test_reader_that_is_made_has_learnt(made):
    settings, reader, _ = made
    for name, network in (("reader", reader.network), ("finder", reader.finder)):
        begun = TINY[name](seed=settings.seed).get_weights()
        pairs = zip(network.get_weights(), begun, strict=True)
        assert max(np.abs(now - first).max() for now, first in pairs) > 1e-3


def test_round_is_kept_with_its_weight(made):
    settings, reader, _ = made
    ends = []
    for number, width in ((1, SQUARE), (2, SIZE[0])):
        folder = settings.runs_root / "reader" / f"reader_{number}"
        _, stored = load_checkpoint(folder / CHECKPOINT)
        network = TINY["reader"](size=(width, SIZE[1]), seed=0)
        for at, variable in enumerate(network.variables):
            variable.assign(stored[f"v{at:03}"])
        ends.append(widened(network, SIZE[0]).get_weights())
    weights = reader.network.get_weights()
    assert max(np.abs(x - y).max() for x, y in zip(*ends, strict=True)) > 1e-3
    for kept, before, after in zip(weights, *ends, strict=True):
        expected = 0.25 * before + 0.75 * after
        np.testing.assert_allclose(kept, expected, rtol=2e-3, atol=1e-6)


def test_made_again_nothing_is_drawn_or_trained(made):
    settings, _, path = made
    folders = settings.home, settings.runs_root
    first, weights = written(*folders), arrays(path)
    # Three runs; numbers in two files, held out, notes, old plates, whole.
    assert len(first) == 9
    make_reader(settings, path)
    assert written(*folders) == first
    again = arrays(path)
    assert list(again) == list(weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(again[name], array)


def test_held_out_numbers_are_not_those_learnt_from(settings, tmp_path, monkeypatch):
    learnt, measured = [], []

    def train(network, sources, *arguments):
        learnt.extend(data.images for data, _ in sources)
        return []

    def measure(network, images, labels):
        measured.append(images)
        return 0.5

    monkeypatch.setattr(make, "train_reader", train)
    monkeypatch.setattr(make, "train_finder", lambda *arguments: [])
    monkeypatch.setattr(make, "strict", measure)
    make_reader(settings, tmp_path / "made.npz")
    assert measured
    assert not rows(learnt) & rows(measured)


def test_stopped_making_leaves_no_weights_and_goes_on(settings, tmp_path, monkeypatch):
    path = tmp_path / "made.npz"

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(make, "train_reader", stop)
        with pytest.raises(KeyboardInterrupt):
            make_reader(settings, path)
    assert not path.exists()
    finder = written(settings.runs_root)
    assert len(finder) == 1
    monkeypatch.setattr(make, "train_reader", lambda *arguments: [])
    make_reader(settings, path)
    assert written(settings.runs_root) == finder
    assert path.exists()


def rows(arrays) -> set[bytes]:
    return {row.tobytes() for array in arrays for row in array}


@pytest.fixture
def seen(monkeypatch):
    """What tuning learns from, and measures on; it learns one number of the latter."""
    seen = {"sources": [], "measured": []}

    def train(network, sources, *arguments):
        seen["sources"] += sources
        label = seen["measured"][0][1][0]
        network.get_layer("outputs").set_weights(
            [np.zeros((8, 66)), 20 * np.eye(11)[label].ravel()]
        )

    def measure(network, images, labels):
        seen["measured"].append((images, labels))
        return strict(network, images, labels)

    monkeypatch.setattr(make, "train_reader", train)
    monkeypatch.setattr(make, "strict", measure)
    return seen


def test_tuning_keeps_its_validation_part_apart(settings, shipped, seen, tmp_path):
    fine_tune(settings, tmp_path / "tuned.npz")
    *drawn, (mine, share) = seen["sources"]
    held_out = [images for images, _ in seen["measured"]]
    whole = contexts_of(archive_numbers("train", settings)[0])
    assert (len(mine), len(held_out[0])) == (51, 9)
    assert not rows([mine.images]) & rows(held_out)
    assert rows([mine.images, held_out[0]]) == rows([whole])
    assert rows(held_out) == rows(held_out[:1])
    images = [examples.images for examples, _ in drawn]
    assert [len(part) for part in images] == [12, 12, 12]
    assert len(rows(images)) == sum(len(rows([part])) for part in images) > 30
    assert not rows(images) & rows([whole])
    assert share == make.REAL_SHARE
    expected = np.array([1 - sum(SHARES.values()), *SHARES.values()]) * (1 - share)
    np.testing.assert_allclose([size for _, size in drawn], expected)


def test_labels_stay_with_their_images_in_tuning(settings, shipped, seen, tmp_path):
    fine_tune(settings, tmp_path / "tuned.npz")
    numbers, _ = archive_numbers("train", settings)
    labels = {
        context.tobytes(): label.tolist()
        for context, label in zip(contexts_of(numbers), numbers.labels, strict=True)
    }
    mine, (images, held_out) = seen["sources"][-1][0], seen["measured"][0]
    for context, label in zip(
        [*mine.images, *images], [*mine.labels, *held_out], strict=True
    ):
        assert labels[context.tobytes()] == label.tolist()


@pytest.mark.parametrize(("share", "images"), [(0.15, 9), (0.5, 30)])
def test_scores_are_of_the_part_apart_before_and_after(
    settings, shipped, seen, tmp_path, share, images
):
    path = tmp_path / "tuned.npz"
    reader, scores = fine_tune(settings, path, share)
    held_out = seen["measured"][0]
    assert list(scores) == ["images", "before", "after"]
    assert scores["images"] == len(held_out[0]) == images
    assert scores["before"] == strict(Reader.pretrained().network, *held_out)
    taught = (held_out[1] == held_out[1][0]).all(axis=1).mean()
    assert scores["after"] == pytest.approx(taught)
    assert scores["after"] > scores["before"]
    assert reader.metadata["measured"] == {"validation of few": scores}


def test_tuned_reader_is_written_and_the_shipped_one_stays(settings, shipped, tmp_path):
    content, path = shipped.read_bytes(), tmp_path / "out" / "tuned.npz"
    reader, _ = fine_tune(settings, path)
    assert shipped.read_bytes() == content
    metadata = Reader.load(path).metadata
    assert metadata == reader.metadata
    assert metadata["made_by"] == "python -m helpers tune"
    assert metadata["trained_on"] == "nothing; then 51 images of few"
    assert 0 <= metadata["sure_from"] <= 1
    assert metadata["temperature"] > 0
    first, tuned = arrays(shipped), arrays(path)
    changed = {
        name
        for name in first
        if name != "metadata" and (first[name] != tuned[name]).any()
    }
    assert changed
    assert {name.partition("_")[0] for name in changed} == {"reader"}


def test_validation_part_is_the_same_for_the_same_seed_alone(
    settings, shipped, seen, tmp_path
):
    for seed in (2016, 2016, 7):
        changed = replace(settings, seed=seed, runs_root=tmp_path / f"runs{seed}")
        fine_tune(changed, tmp_path / "tuned.npz")
    sets = {frozenset(rows([images])) for images, _ in seen["measured"]}
    assert len(sets) == 2


def test_contexts_are_those_of_the_boxes_in_order(tmp_path):
    image = Image.new("L", (80, 60), 10)
    image.paste(200, (40, 0, 80, 60))
    image.save(tmp_path / "a.png")
    boxes = np.array([[60, 20, 70, 40], [5, 20, 15, 40], [35, 20, 45, 40]], float)
    labels = np.zeros((3, 6), np.uint8)
    contexts = contexts_of(Numbers([tmp_path / "a.png"] * 3, labels, boxes))
    assert (contexts.shape, contexts.dtype) == ((3, *CONTEXT_SIZE[::-1]), "u1")
    assert (contexts[0] == 200).all()
    assert (contexts[1] == 10).all()
    assert (contexts[2][:, :51] == 10).all()
    assert (contexts[2][:, 57:] == 200).all()


def test_contexts_of_a_large_photo_are_where_its_box_is(tmp_path):
    image = Image.new("L", (4_000, 1_000), 10)
    image.paste(200, (2_000, 0, 4_000, 1_000))
    image.save(tmp_path / "a.png")
    boxes = np.array([[1_800, 400, 2_200, 600]], float)
    numbers = Numbers([tmp_path / "a.png"], np.zeros((1, 6), np.uint8), boxes)
    (context,) = contexts_of(numbers)
    assert (context[:, :51] == 10).all()
    assert (context[:, 57:] == 200).all()


class Stub:
    """In place of a network: a function and what it takes."""

    input_shape = (None, *SIZE[::-1], 1)

    def __init__(self, answer):
        self.answer = answer

    def __call__(self, *inputs, **options):
        return self.answer(*inputs, **options)


def answering(digits, confidences):
    """A network that answers with one digit each, as surely as is said."""
    logits = np.full((len(digits), POSITIONS, 11), -50.0)
    logits[:, 0, 1] = 50
    for row, (digit, confidence) in enumerate(zip(digits, confidences, strict=True)):
        logits[row, 1, :BLANK] = np.log((1 - confidence) / 9)
        logits[row, 1, digit] = np.log(confidence)
    return Stub(lambda inputs, training: logits)


def ask(digits, confidences, true, looks=1):
    """Arguments for a measure: a network, contexts of nothing, and the true digits."""
    digits, confidences = np.repeat(digits, looks), np.repeat(confidences, looks)
    contexts = np.zeros((len(true), *CONTEXT_SIZE[::-1]), np.uint8)
    labels = np.full((len(true), POSITIONS), BLANK)
    labels[:, 0], labels[:, 1] = 1, true
    return answering(digits, confidences), contexts, labels


CONFIDENCES = (0.5, 0.9, 0.6, 0.8, 0.7)


@pytest.mark.parametrize(
    ("digits", "trusted", "threshold"),
    [
        ((1, 2, 3, 4, 5), 0.98, 0.5),  # all are right
        ((1, 2, 3, 4, 0), 0.98, 0.8),  # the third is wrong: 1, 1, 2/3, 3/4, 4/5
        ((1, 2, 3, 4, 0), 0.75, 0.5),
        ((0, 2, 3, 4, 0), 0.75, 0.6),  # and the last: 1, 1, 2/3, 3/4, 3/5
        ((1, 0, 3, 4, 5), 0.98, 1.0),  # the surest is wrong
        ((1, 0, 3, 4, 5), 0.75, 0.5),  # 0, 1/2, 2/3, 3/4, 4/5
        ((0, 0, 0, 0, 0), 0.75, 1.0),
    ],
)
def test_sure_is_from_where_enough_are_right(monkeypatch, digits, trusted, threshold):
    monkeypatch.setattr(make, "TRUSTED", trusted)
    monkeypatch.setattr(make, "fit_temperature", lambda *arguments: 1.0)
    found = calibration(*ask(digits, CONFIDENCES, (1, 2, 3, 4, 5), looks=3))
    assert found["sure_from"] == pytest.approx(threshold)


def test_sure_is_from_a_calibrated_confidence(monkeypatch):
    """At a temperature of a half the odds of the digit against any other square."""
    monkeypatch.setattr(make, "fit_temperature", lambda *arguments: 0.5)
    found = calibration(*ask((1,), (0.5,), (1,), looks=3))
    assert found["temperature"] == 0.5
    assert found["sure_from"] == pytest.approx(9**2 / (9**2 + 9))


def test_calibration_looks_where_a_reader_does(monkeypatch):
    """The box in the middle of a context is the one that it was cropped round."""
    image = Image.new("L", (300, 200), 40)
    image.paste(220, (120, 80, 150, 120))
    box = (100, 70, 200, 130)
    seen = []

    def network(inputs):
        seen.append(inputs)
        return np.zeros((len(inputs), POSITIONS, 11))

    monkeypatch.setattr(
        "helpers.reader.reader.compiled", lambda network, shape: network
    )
    labels = np.array([[1, 1, BLANK, BLANK, BLANK, BLANK]])
    calibration(network, crop_contexts(image, [box]), labels)
    expected = normalise(number_crops(image, [box])[0])
    assert np.abs(seen[0][..., 0] - expected).mean() < 0.1


def test_shipped_reader_is_calibrated_and_its_weights_stay(shipped, settings):
    before = arrays(shipped)
    found = calibrate_shipped(settings, shipped)
    after, metadata = arrays(shipped), Reader.load(shipped).metadata
    assert found == {
        "temperature": metadata["temperature"],
        "sure_from": metadata["sure_from"],
        "images": 12,
    }
    assert metadata["trained_on"] == "nothing"
    assert list(after) == list(before)
    for name in set(after) - {"metadata"}:
        assert after[name].tobytes() == before[name].tobytes()


def test_shipped_reader_is_calibrated_on_numbers_of_their_own(
    shipped, settings, monkeypatch
):
    asked = []

    def calibrate(network, contexts, labels):
        asked.append(contexts)
        return {"temperature": 1.0, "sure_from": 0.5}

    monkeypatch.setattr(make, "calibration", calibrate)
    calibrate_shipped(settings, shipped)
    for seed in (settings.seed, settings.seed + 1):
        contexts, _ = crops.drawn_examples(settings.home / "reader", 12, seed)
        assert not rows(asked) & rows([contexts])


def test_strict_counts_whole_numbers_alone():
    network, contexts, labels = ask((1, 2, 3, 4), (0.9,) * 4, (1, 2, 3, 0))
    assert strict(network, contexts, labels) == 3 / 4
    labels[0] = [2, 1, 1, BLANK, BLANK, BLANK]
    assert strict(network, contexts, labels) == 2 / 4


def test_strict_looks_at_the_middle_of_a_context():
    inputs = []

    def network(crops, training):
        inputs.append(np.asarray(crops))
        return np.zeros((len(crops), POSITIONS, 11))

    contexts = np.zeros((1, *CONTEXT_SIZE[::-1]), np.uint8)
    contexts[0, 12, 18] = contexts[0, 59, 89] = 255  # its first and last pixel
    strict(Stub(network), contexts, np.zeros((1, POSITIONS), int))
    (crop,) = inputs[0][..., 0]
    assert crop.shape == (48, 72)
    assert crop[0, 0] == crop[-1, -1] == crop.max()
