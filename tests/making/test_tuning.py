"""The reader tuned, in small: what is kept apart, measured, written and kept."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from builders import write_numbers

from helpers.errors import InputError
from helpers.files import read_arrays
from helpers.reader.crops import crop_contexts
from helpers.reader.evaluation import archive_numbers
from helpers.reader.weights import VERSION, save_weights
from helpers.training.batches import Examples
from workshop.making import tuning
from workshop.making.calibration import strict
from workshop.making.make import SHARES
from workshop.making.training import Plan
from workshop.making.tuning import (
    TuningOptions,
    copy_network,
    fine_tune,
    split_images,
    tuning_sources,
)

load = partial(read_arrays, expected="weights", version=VERSION)

OPTIONS = TuningOptions(plan=Plan(steps=3, batch_size=10), drawn=6, shard=6)


@pytest.fixture
def tune(few_settings, small_reader, tmp_path):
    """Tune a small reader in three steps, by other options or settings if given."""

    def run(path="tuned.npz", settings=few_settings, **changes):
        options = replace(OPTIONS, **changes)
        return fine_tune(settings, tmp_path / path, options, small_reader)

    return run


def rows(arrays) -> set[bytes]:
    return {row.tobytes() for row in arrays}


def test_validation_part_is_kept_apart_by_the_seed_with_its_labels(few_settings):
    numbers, _ = archive_numbers("train", few_settings)
    whole = numbers.crops(crop_contexts)
    labels = {
        context.tobytes(): label.tolist()
        for context, label in zip(whole, numbers.labels, strict=True)
    }
    mine, apart = split_images(numbers, few_settings, 0.15)
    assert (len(mine), len(apart)) == (51, 9)
    assert not rows(mine.images) & rows(apart.images)
    assert rows(mine.images) | rows(apart.images) == rows(whole)
    for part in (mine, apart):
        for context, label in zip(part.images, part.labels, strict=True):
            assert labels[context.tobytes()] == label.tolist()
    again = split_images(numbers, few_settings, 0.15)[1]
    other = split_images(numbers, replace(few_settings, seed=7), 0.15)[1]
    assert rows(again.images) == rows(apart.images) != rows(other.images)


def test_drawn_images_of_each_kind_are_shown_beside_ones_own(few_settings):
    mine = Examples(np.ones((5, 72, 108), np.uint8), np.ones((5, 6), np.uint8))
    *drawn, (last, share) = tuning_sources(mine, few_settings, OPTIONS)
    assert (last, share) == (mine, OPTIONS.real_share)
    assert [len(part) for part, _ in drawn] == [6, 6, 6]
    assert len(set.union(*(rows(part.images) for part, _ in drawn))) == 18
    expected = np.array([1 - sum(SHARES.values()), *SHARES.values()]) * (1 - share)
    np.testing.assert_allclose([size for _, size in drawn], expected)


def test_scores_are_of_the_part_apart_before_and_after(
    tune, few_settings, small_reader, monkeypatch
):
    """In place of training the network learns to answer one of the numbers apart."""
    numbers, _ = archive_numbers("train", few_settings)
    _, apart = split_images(numbers, few_settings, 0.5)

    def train(network, sources, *arguments):
        answer = 20 * np.eye(11)[apart.labels[0]].ravel()
        network.get_layer("outputs").set_weights([np.zeros((8, 66)), answer])

    monkeypatch.setattr(tuning, "train_reader", train)
    scores = tune(validation_share=0.5)
    assert scores["images"] == 30
    before = strict(small_reader.network, apart.images, apart.labels)
    assert scores["before"] == before
    taught = (apart.labels == apart.labels[0]).all(axis=1).mean()
    assert scores["after"] == pytest.approx(taught)
    assert scores["after"] > before


def test_tuned_reader_is_written_and_the_one_begun_with_stays(
    tune, small_reader, tmp_path
):
    before = [weight.copy() for weight in small_reader.network.get_weights()]
    scores = tune(min_calibration=9)
    metadata, arrays = load(tmp_path / "tuned.npz")
    assert metadata["made_by"] == "python -m helpers tune"
    assert metadata["trained_on"] == "nothing; then 51 images of few"
    assert metadata["measured"] == {
        "validation of few": {key: scores[key] for key in ("images", "before", "after")}
    }
    assert metadata["calibrated_on"] == "9 images of few" == scores["calibrated_on"]
    assert metadata["temperature"] != 1.5
    for now, first in zip(small_reader.network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, first)
    networks = {"reader": small_reader.network, "finder": small_reader.finder}
    save_weights(tmp_path / "first.npz", networks, {})
    _, first = load(tmp_path / "first.npz")
    changed = {name for name in first if (first[name] != arrays[name]).any()}
    assert {name.partition("_")[0] for name in changed} == {"reader"}


@pytest.fixture
def folders(monkeypatch):
    """In place of training: the folders of the runs."""
    folders = []
    monkeypatch.setattr(
        tuning, "train_reader", lambda *arguments: folders.append(arguments[3])
    )
    return folders


@pytest.mark.usefixtures("folders")
def test_few_images_apart_leave_the_calibration_as_it_was(tune, tmp_path):
    scores = tune()
    metadata, _ = load(tmp_path / "tuned.npz")
    assert (metadata["temperature"], metadata["sure_from"]) == (1.5, 0.25)
    told = "drawn numbers, as before: 9 images kept apart are fewer than 100"
    assert metadata["calibrated_on"] == scores["calibrated_on"] == told


def test_other_images_options_or_readers_have_a_run_of_their_own(
    tune, folders, few_settings, small_reader, tmp_path
):
    write_numbers(tmp_path / "more" / "few" / "train", 40, seed=5)
    tune()
    tune(plan=Plan(steps=2, batch_size=10))
    tune(settings=replace(few_settings, data=str(tmp_path / "more" / "few")))
    tune(real_share=0.5)
    tune()
    small_reader.network.set_weights([w + 1 for w in small_reader.network.weights])
    tune()
    names = [folder.name for folder in folders]
    assert names[0] == names[4]
    assert len(set(names)) == 5


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_images_are_told_before_any_work(tune, few_settings, tmp_path, count):
    write_numbers(tmp_path / "tiny" / "train", count, seed=0)
    tiny = replace(few_settings, data=str(tmp_path / "tiny"))
    with pytest.raises(InputError, match=f"holds {count} image.* needs 4 or more"):
        tune(settings=tiny)
    assert not few_settings.runs_root.exists()
    assert not (few_settings.home / "reader").exists()


@pytest.mark.usefixtures("folders")
def test_four_images_are_enough(tune, few_settings, tmp_path):
    write_numbers(tmp_path / "four" / "train", 4, seed=0)
    scores = tune(settings=replace(few_settings, data=str(tmp_path / "four")))
    assert scores["images"] == 1


def test_copied_network_answers_alike_and_learns_alone(small_reader):
    copy = copy_network(small_reader.network)
    crops = np.random.default_rng(1).standard_normal((2, 48, 72, 1), np.float32)
    answers = np.asarray(small_reader.network(crops))
    np.testing.assert_allclose(copy(crops), answers, atol=1e-6)
    copy.set_weights([0 * weight for weight in copy.get_weights()])
    np.testing.assert_array_equal(small_reader.network(crops), answers)
