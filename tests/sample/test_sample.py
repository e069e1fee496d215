"""Drawn street scenes: the official layout, the real sizes, the same bytes again."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from helpers import sample as package
from helpers.data.archives import ARCHIVES
from helpers.data.box_statistics import largest_boxes
from helpers.data.digitstruct import read_boxes
from helpers.datasets import archive_folder, read_archive
from helpers.sample import camera, plates, scenes, textures
from helpers.sample.distributions import LENGTHS, draw_digits, draw_lengths, draw_orders
from helpers.sample.scene_archives import draw_scenes_archive
from helpers.settings import Settings

COUNT = 300


def draw(place, count, seed=1, split="train", processes=1) -> bytes:
    path = place / f"{split}.tar.gz"
    draw_scenes_archive(path, count, seed, split, processes)
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that holds a drawn train archive."""
    place = tmp_path_factory.mktemp("drawn")
    draw(place, COUNT)
    return place


@pytest.fixture(scope="module")
def settings(place):
    return Settings(data=str(place), home=place / "home")


@pytest.fixture(scope="module")
def boxes(settings):
    return read_boxes(archive_folder("train", settings) / "digitStruct.mat")


@pytest.fixture(scope="module")
def crops(settings):
    """The archive's crops, and the reasons for those that there are not."""
    return read_archive("train", settings, 1)


def test_names_are_those_of_the_official_layout(place):
    with tarfile.open(place / "train.tar.gz") as tar:
        names = tar.getnames()
    expected = [f"train/{number}.png" for number in range(1, COUNT + 1)]
    assert names == [*expected, "train/digitStruct.mat"]
    assert all(ARCHIVES["train"].members.fullmatch(name) for name in names)


def test_every_image_has_boxes_those_that_cannot_be_read_too(boxes):
    np.testing.assert_array_equal(boxes.images, np.arange(1, COUNT + 1))
    np.testing.assert_array_equal(np.unique(boxes.image), boxes.images)


def test_two_images_cannot_be_read(crops):
    _, skipped = crops
    assert len(skipped) == 2
    assert sorted("0 bytes" in reason for reason in skipped.values()) == [False, True]


@pytest.mark.parametrize(("count", "unreadable"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_small_archive_keeps_half_of_its_images(tmp_path, count, unreadable):
    draw(tmp_path, count)
    settings = Settings(data=str(tmp_path), home=tmp_path / "home")
    images, skipped = read_archive("train", settings, 1)
    assert (len(images), len(skipped)) == (count - unreadable, unreadable)


def test_same_seed_same_bytes_from_any_number_of_processes(tmp_path):
    assert draw(tmp_path, 60, processes=1) == draw(tmp_path, 60, processes=2)


@pytest.mark.parametrize("other", [{"seed": 2}, {"split": "extra"}])
def test_other_seed_or_split_draws_other_scenes(tmp_path, other):
    drawings = []
    for choice in ({}, other):
        draw(tmp_path, 4, **choice)
        name = choice.get("split", "train")
        with tarfile.open(tmp_path / f"{name}.tar.gz") as tar:
            drawings.append(tar.extractfile(f"{name}/4.png").read())
    assert drawings[0] != drawings[1]


@pytest.mark.parametrize(("split", "count"), [("valid", 9), ("train", 0), ("test", -1)])
def test_unknown_split_or_no_scenes_are_refused(tmp_path, split, count):
    with pytest.raises(ValueError, match=rf"'{split}' of {count} scenes; expected one"):
        draw(tmp_path, count, split=split)


def test_drawing_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("helpers.sample.scene_archives.write_boxes", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(tmp_path, 2)
    assert not list(tmp_path.iterdir())


def test_boxes_are_as_tall_as_ordered(boxes):
    seeds = np.random.SeedSequence(1, spawn_key=(0,))
    orders = draw_orders(np.random.default_rng(seeds), COUNT, "train")
    heights = np.rint([order.height for order in orders])
    np.testing.assert_array_equal(largest_boxes(boxes)["height"], heights)
    digits = [digit for order in orders for digit in order.digits]
    np.testing.assert_array_equal(boxes.label, digits)


@pytest.fixture(scope="module", params=[2016, 3])
def sizes(request):
    """(widest, tallest) box of 8,000 scenes, laid out but not painted."""
    orders = draw_orders(np.random.default_rng(request.param), 8_000, "train")
    found = []
    for number, order in enumerate(orders):
        rng = np.random.default_rng([request.param, number])
        style = plates.draw_style(rng)
        glyphs = scenes.style_glyphs(rng, style, order.digits)
        _, _, boxes, _ = scenes.compose(rng, order, style, glyphs)
        found.append(boxes[:, 2:].max(0))
    return np.array(found, float).T


@pytest.mark.parametrize(
    ("side", "mean", "p98", "largest"),
    [("widest", 18.66, 51, 207), ("tallest", 34.37, 86, 403)],
)
def test_box_sizes_are_those_of_the_real_train_set(sizes, side, mean, p98, largest):
    found = sizes[("widest", "tallest").index(side)]
    assert found.mean() == pytest.approx(mean, rel=0.05)
    assert np.percentile(found, 98) == pytest.approx(p98, rel=0.10)
    assert found.max() == pytest.approx(largest, rel=0.30)


@pytest.mark.parametrize("split", LENGTHS)
def test_lengths_have_the_shares_of_the_official_archive(split):
    count = 8_000
    lengths = draw_lengths(np.random.default_rng(4), count, split)
    found = np.bincount(lengths, minlength=7)[1:]
    official = np.zeros(6)
    official[: len(LENGTHS[split])] = LENGTHS[split]
    assert np.abs(found - count * official / official.sum()).max() < 2


@pytest.fixture(scope="module")
def published(real_data):
    with np.load(real_data / "svhn" / "train_boxes.npz") as file:
        image, label = file["image"], file["label"]
    _, starts, lengths = np.unique(image, return_index=True, return_counts=True)
    return label, starts, lengths


def test_lengths_are_counted_on_the_real_train_set(published):
    _, _, lengths = published
    assert tuple(np.bincount(lengths)[1:]) == LENGTHS["train"]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_digits_are_as_often_at_their_place_as_in_the_real_train_set(published, length):
    label, starts, lengths = published
    rng = np.random.default_rng(5)
    ours = np.array([draw_digits(rng, length) for _ in range(4_000)])
    for place in range(length):
        real = label[starts[lengths == length] + place]
        shares = [
            np.bincount(digits, minlength=10) / len(digits)
            for digits in (ours[:, place], real)
        ]
        assert np.abs(shares[0] - shares[1]).sum() < 0.08


def test_crops_are_as_bright_and_as_contrasty_as_real_ones(crops):
    pixels = crops[0].images.astype(float)
    means, deviations = pixels.mean((1, 2)), pixels.std((1, 2))
    # Medians over the real train images that come with the workbook's tests.
    assert np.median(means) == pytest.approx(106, rel=0.12)
    assert np.median(deviations) == pytest.approx(28.4, rel=0.12)


def test_hardly_a_crop_is_too_flat_to_read(crops):
    deviations = crops[0].images.std((1, 2))
    assert (deviations < 10).mean() < 0.02
    assert (deviations < 15).any()  # low contrast stays


def test_a_picture_too_dark_or_too_pale_is_brought_nearer_to_usual_ones():
    stripes = np.zeros((20, 20, 3), np.uint8)
    stripes[:, ::2] = 12
    for faint in (stripes, 243 + stripes):
        image = camera.Image.fromarray(faint)
        pixels = camera.expose(np.random.default_rng(6), image, (0, 0, 20, 20))
        assert pixels.std() > 1.3 * (faint / 255).std()
        assert abs(pixels.mean() - 0.42) < abs(faint.mean() / 255 - 0.42)


@pytest.mark.parametrize("painter", [painter for painter, _ in textures.SURROUNDINGS])
def test_wall_is_painted_for_every_pixel(painter):
    x = np.linspace(-2, 2, 30, dtype=np.float32)[None]
    y = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
    wall = painter(np.random.default_rng(7), x, y)
    assert wall.shape == (20, 30, 3)
    assert np.isfinite(wall).all()


@pytest.mark.parametrize("shape", [plates.rounded, plates.notched, plates.oval])
def test_plate_is_inside_its_outline_and_not_outside(shape):
    x, y = np.array([0.0, 1.5, 2.5, 0.0]), np.array([0.0, 0.0, 0.0, 1.2])
    distance = shape(x, y, np.array([2.0, 1.0]), 0.2)
    np.testing.assert_array_equal(distance < 0, [True, True, False, False])


def test_colour_that_contrasts_is_lighter_or_darker_than_its_ground():
    rng = np.random.default_rng(8)
    for level in np.linspace(0, 1, 50):
        ground = np.full(3, level, np.float32)
        colour = plates.contrasting(rng, ground)
        assert abs((colour - ground) @ textures.LUMA) > 0.1
        assert ((colour >= 0) & (colour <= 1)).all()


@pytest.mark.parametrize("shape", [(8, 10, 3), (80, 3)])
def test_colour_is_too_faint_near_its_ground_and_on_an_uneven_one(shape):
    even = np.full(shape, 0.5, np.float32)
    assert scenes.too_faint(even, np.full(3, 0.55, np.float32))
    assert not scenes.too_faint(even, np.full(3, 0.65, np.float32))
    uneven = even.copy()
    uneven[::2] += 0.3
    assert scenes.too_faint(uneven, np.full(3, 0.85, np.float32))
    assert not scenes.too_faint(uneven, np.full(3, 0.95, np.float32))


def test_lone_scene_needs_no_order():
    scene = scenes.draw_scene(np.random.default_rng(9))
    assert scene.image.dtype == np.uint8
    assert len(scene.boxes) == len(scene.digits) > 0


@pytest.fixture
def drawings(monkeypatch):
    """Names of archives in the order in which they are asked to be drawn."""
    drawings = []

    def draw(path, *_):
        drawings.append(path.name.removesuffix(".tar.gz"))
        path.parent.mkdir(exist_ok=True)
        path.touch()

    monkeypatch.setattr(package, "draw_scenes_archive", draw)
    monkeypatch.setattr(package, "draw_letters_archive", draw)
    return drawings


@pytest.fixture
def sample(tmp_path, drawings):
    """A folder where all five archives were drawn."""
    package.draw_archives(tmp_path / "archives", Settings())
    drawings.clear()
    return tmp_path / "archives"


def test_all_archives_are_drawn(tmp_path, drawings):
    package.draw_archives(tmp_path / "archives", Settings())
    assert sorted(drawings) == sorted(ARCHIVES)


def test_second_run_draws_nothing(sample, drawings):
    package.draw_archives(sample, Settings())
    assert drawings == []


@pytest.mark.parametrize(
    ("changed", "redrawn"),
    [
        ({"drawn_test": 7}, ["test"]),
        ({"drawn_small": 70}, ["notMNIST_small"]),
        ({"seed": 1}, list(ARCHIVES)),
        ({"crop_size": 64}, []),
    ],
)
def test_archive_of_other_parameters_is_drawn_anew(sample, drawings, changed, redrawn):
    package.draw_archives(sample, replace(Settings(), **changed))
    assert sorted(drawings) == sorted(redrawn)


@pytest.mark.parametrize("suffix", ["tar.gz", "json"])
def test_archive_that_went_or_lost_its_metadata_is_drawn_anew(sample, drawings, suffix):
    (sample / f"extra.{suffix}").unlink()
    package.draw_archives(sample, Settings())
    assert drawings == ["extra"]


def test_metadata_that_says_nothing_is_no_metadata(sample, drawings):
    (sample / "train.json").write_text("{")
    package.draw_archives(sample, Settings())
    assert drawings == ["train"]


def test_metadata_of_an_earlier_version_is_out_of_date(sample, drawings):
    metadata = json.loads((sample / "train.json").read_text())
    (sample / "train.json").write_text(json.dumps(metadata | {"version": 0}))
    package.draw_archives(sample, Settings())
    assert drawings == ["train"]


def test_drawing_that_fails_leaves_no_metadata(sample, drawings, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(package, "draw_scenes_archive", fail)
    with pytest.raises(OSError, match="disk full"):
        package.draw_archives(sample, replace(Settings(), drawn_train=7))
    assert not (sample / "train.json").exists()
