"""The reader made, in small: what is written, and that it goes on from a stop."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from builders import read_weights

from helpers.reader.crops import SIZE
from helpers.settings import Settings
from helpers.training.checkpoints import load_checkpoint
from helpers.training.loop import CHECKPOINT
from helpers.training.losses import cross_entropy
from workshop.making.examples import drawn_examples
from workshop.making.make import MakingOptions, Round, blend, make_reader
from workshop.making.training import Plan
from workshop.making.widening import stretch_network

FIRST, LAST = Plan(steps=3, batch_size=4), Plan(steps=2, batch_size=4, seed=1)
SHARES = {"notes": 0.25, "cast": 0.25}


@pytest.fixture(scope="module")
def options(small_networks):
    """Small networks, few drawn images, three steps."""
    last = Round(LAST, shares=SHARES, weight=0.75, width=SIZE[0])
    return MakingOptions(
        counts={"numbers": 6, "notes": 6, "cast": 6},
        whole=6,
        held_out=6,
        finder_plan=FIRST,
        rounds=(Round(FIRST, cross_entropy), last),
        shard=6,
        **small_networks,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory, options):
    """A reader made once: its settings, metadata and file."""
    place = tmp_path_factory.mktemp("made")
    settings = Settings(home=place / "home", runs_root=place / "runs")
    path = place / "made.npz"
    return settings, make_reader(settings, path, options), path


def test_round_is_kept_with_its_weight(made, small_networks):
    settings, _, path = made
    ends = []
    for number, width in ((1, SIZE[1]), (2, SIZE[0])):
        folder = settings.runs_root / "reader" / f"reader_{number}"
        _, stored = load_checkpoint(folder / CHECKPOINT)
        network = small_networks["build_reader"](size=(width, SIZE[1]), seed=0)
        for at, variable in enumerate(network.variables):
            variable.assign(stored[f"network_{at:03}"])
        ends.append(stretch_network(network, SIZE[0]).get_weights())
    assert max(np.abs(x - y).max() for x, y in zip(*ends, strict=True)) > 1e-3
    _, arrays = read_weights(path)
    kept = [arrays[name] for name in sorted(arrays) if name.startswith("reader")]
    for found, expected in zip(kept, blend(*ends, 0.75), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


def test_held_out_numbers_are_not_those_learnt_from(made):
    settings, _, _ = made
    rows = []
    for seed in (settings.seed, settings.seed + 1):
        (path,) = (settings.home / "reader").glob(f"numbers_*_{seed}_*")
        contexts, _ = drawn_examples("numbers", path.parent, 6, seed, 6)
        rows.append({context.tobytes() for context in contexts})
    assert not rows[0] & rows[1]


def written(*folders) -> dict:
    """When each file below some folders was written."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def test_made_again_nothing_is_drawn_or_trained(made, options):
    settings, metadata, path = made
    first, content = written(settings.home, settings.runs_root), read_weights(path)[1]
    # Numbers, held out, notes, old plates, whole.
    assert len(written(settings.home)) == 5
    assert make_reader(settings, path, options) == metadata
    assert written(settings.home, settings.runs_root) == first
    for name, array in read_weights(path)[1].items():
        np.testing.assert_array_equal(array, content[name])


def test_stopped_making_leaves_no_weights_and_goes_on(made, options, tmp_path):
    """Stopped in the second round, by its loss."""
    settings, _, path = made
    runs, again = tmp_path / "runs", tmp_path / "again.npz"
    shutil.copytree(settings.runs_root, runs)
    shutil.rmtree(runs / "reader" / "reader_2")
    settings, before = replace(settings, runs_root=runs), written(runs)

    def stop(logits, labels):
        raise KeyboardInterrupt

    rounds = options.rounds[0], replace(options.rounds[1], loss=stop)
    with pytest.raises(KeyboardInterrupt):
        make_reader(settings, again, replace(options, rounds=rounds))
    assert not again.exists()
    make_reader(settings, again, options)
    assert before.items() < written(runs).items()
    for name, array in read_weights(path)[1].items():
        np.testing.assert_array_equal(read_weights(again)[1][name], array)


def test_reader_is_made_with_its_metadata(made):
    settings, metadata, path = made
    kept, _ = read_weights(path)
    assert kept == json.loads(json.dumps(metadata)) | {"version": kept["version"]}
    assert metadata["trained_on"].startswith(
        "6 drawn numbers, 6 drawn notes by hand, 6 drawn old plates, 6 drawn whole"
    )
    first, last = metadata["rounds"]
    assert (first["shares"], first["weight"], first["width"]) == ({}, 1, 48)
    assert (last["shares"], last["weight"], last["width"]) == (SHARES, 0.75, 72)
    assert first["loss"] == "cross_entropy" != last["loss"]
    assert metadata["finder"]["steps"] == 3
    assert metadata["seed"] == settings.seed
    assert metadata["calibrated_on"] == "6 drawn numbers"
    assert metadata["measured"]["drawn validation"]["images"] == 6
    assert [row["step"] for row in metadata["history"]["reader"]] == [3, 2]
