"""The reader tuned, in small: what is kept apart, measured, written and kept."""

from dataclasses import replace

import numpy as np
import pytest
from builders import by_image, read_weights, write_numbers

from helpers.errors import InputError
from helpers.reader.evaluation import archive_numbers
from helpers.reader.weights import save_weights
from helpers.training.batches import Examples
from workshop.making import tuning
from workshop.making.calibration import strict
from workshop.making.contexts import crop_contexts
from workshop.making.training import Plan
from workshop.making.tuning import TuningOptions, fine_tune, split_images

OPTIONS = TuningOptions(plan=Plan(steps=3, batch_size=10), drawn=6, shard=6)


@pytest.fixture
def tune(few_settings, small_reader, tmp_path):
    """Tune a small reader in three steps, by other options or settings if given."""

    def run(path="tuned.npz", settings=few_settings, **changes):
        options = replace(OPTIONS, **changes)
        return fine_tune(settings, tmp_path / path, options, small_reader)

    return run


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
    metadata, arrays = read_weights(tmp_path / "tuned.npz")
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
    _, first = read_weights(tmp_path / "first.npz")
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
    metadata, _ = read_weights(tmp_path / "tuned.npz")
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


def test_validation_part_is_kept_apart_by_the_seed_with_its_labels(few_settings):
    numbers, _ = archive_numbers("train", few_settings)
    whole = Examples(numbers.crops(crop_contexts), numbers.labels)
    mine, apart = map(by_image, split_images(numbers, few_settings, 0.15))
    assert (len(mine), len(apart)) == (51, 9)
    assert mine | apart == by_image(whole)
    again, other = (
        by_image(split_images(numbers, replace(few_settings, seed=seed), 0.15)[1])
        for seed in (few_settings.seed, 7)
    )
    assert again == apart != other
