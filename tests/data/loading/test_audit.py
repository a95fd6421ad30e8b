"""What an audit finds, and that it finds nothing where nothing is wrong."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture, load_sample

PHOTO = Picture(3, interpolation="bicubic")


def photos(count, seed=0, size=(24, 32)):
    """Different pictures of many colors, without extreme values."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 236, (count, 6, 8, 3), dtype="uint8")
    return np.stack([np.asarray(Image.fromarray(c).resize(size[::-1], 3)) for c in coarse])


def masks(count, seed=1, size=(24, 32)):
    """Different label maps in black, grey and white."""
    coarse = np.random.default_rng(seed).integers(0, 3, (count, 6, 8, 1))
    large = coarse.repeat(size[0] // 6, axis=1).repeat(size[1] // 8, axis=2)
    return np.array([0, 128, 255], "uint8")[large]


def jpeg(image, quality=60):
    """An image as JPEG gives it back."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0]).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))[..., None]


def suspicions(conditions, targets, **options):
    audit = PairDataset(conditions, targets, **options).audit()
    assert not audit.problems
    return audit.suspicions


def save_all(folder, images):
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("count", [1, 2, 40, 600])
def test_sound_pairs_raise_no_suspicion(count):
    assert suspicions(masks(count), photos(count)) == []


@pytest.mark.parametrize("condition", ["mask", "outline"])
def test_the_sample_raises_no_suspicion(condition):
    train, val = load_sample(condition)
    audit = train.audit(val)
    assert (audit.problems, audit.suspicions) == ({}, [])
    assert audit.count == 320


def test_the_table_tells_what_there_is():
    conditions = [*masks(5), *masks(3, size=(12, 16))]
    targets = [*photos(5), *photos(3, size=(12, 16))]
    text = str(PairDataset(conditions, targets).audit())
    lines = text.splitlines()
    assert lines[0] == "8 pairs, 0 that cannot be trained on, 0 files or pairs left out"
    assert lines[1].split() == ["condition", "target"]
    cells = {line[:14].strip(): line[14:].split("  ") for line in lines[2:]}
    found = {name: [cell.strip() for cell in row if cell.strip()] for name, row in cells.items()}
    low, high = min(map(np.min, targets)), max(map(np.max, targets))
    assert found == {
        "height x width": ["24 x 32 (5), 12 x 16 (3)"] * 2,
        "channels": ["1 (8)", "3 (8)"],
        "type": ["uint8 (8)"] * 2,
        "values": ["0 to 255", f"{low} to {high}"],
        "label maps": ["8", "0"],
    }


def test_a_progress_bar_is_shown_on_demand(capsys):
    dataset = PairDataset(masks(300), photos(300))
    dataset.audit()
    assert "300/300" not in capsys.readouterr().out
    dataset.audit(verbose=1)
    assert "300/300" in capsys.readouterr().out


def test_everything_that_cannot_be_trained_on_is_a_problem():
    conditions, targets = [list(side) for side in (masks(9), photos(9))]
    targets[2] = photos(1, size=(12, 32))[0]
    targets[3] = targets[3].astype("float32")
    targets[4] = np.full((24, 32, 3), np.nan)
    conditions[5] = conditions[5][..., 0]
    targets[6] = targets[6].astype("int32")

    def broken():
        raise ValueError("seven has no picture")

    targets[7] = broken
    audit = PairDataset(
        conditions, targets, formats=(Picture(1, interpolation="nearest"), PHOTO)
    ).audit()
    words = {
        2: "condition 2 and target 2 must have the same height and width",
        3: "target 3 must lie in [-1, 1]",
        4: "target 4 must lie in [-1, 1]",
        5: "condition 5 must be an array of shape (height, width, channels)",
        6: "target 6 must be unsigned integers",
        7: "seven has no picture",
    }
    assert audit.problems.keys() == words.keys()
    for number, word in words.items():
        assert word in audit.problems[number]
        assert word in str(audit)
    assert audit.suspicions == []


def test_labels_that_no_class_has_are_a_problem():
    maps = np.zeros((3, 4, 4, 1), "uint8")
    maps[:, :2], maps[1, 0, 0] = 2, 9
    audit = PairDataset(maps, photos(3, size=(4, 4)), formats=(Labels(3), PHOTO)).audit()
    assert list(audit.problems) == [1]
    assert "condition 1 must have labels from 0 to 2" in audit.problems[1]


def test_mixed_channels_are_a_problem_where_the_format_does_not_say():
    targets = list(photos(6))
    targets[4] = targets[4][..., :2]
    with pytest.warns(UserWarning, match="1 pairs and 0 files are left out"):
        dataset = PairDataset(masks(6), targets, on_error="skip")
    assert dataset.numbers.tolist() == [0, 1, 2, 3, 5]
    assert "target 4 has 2 channels, and most targets have 3" in dataset.left_out[0]
    assert "left out:\n  target 4" in str(dataset.audit())


def test_types_and_sizes_that_no_cache_can_hold_are_named_before_training():
    conditions, targets = [list(side) for side in (masks(6), photos(6))]
    targets[2] = targets[2].astype("uint16") * 257
    dataset = PairDataset(conditions, targets, cache=True)
    (found,) = dataset.audit().suspicions
    assert "1 pairs have a target of another type than uint8" in found and "target 2" in found
    with pytest.raises(ValueError, match=r"one type(.|\n)*uint8 \(5\), uint16 \(1\)\n  target 2$"):
        dataset.check()
    targets[2] = photos(1, size=(30, 40))[0]
    conditions[2] = masks(1, size=(30, 40))[0]
    for options in ({}, {"resize": None, "image_size": 20}):
        with pytest.raises(ValueError, match=r"one size(.|\n)*24 x 32 \(5\), 30 x 40 \(1\)"):
            PairDataset(conditions, targets, cache=True, **options).check()
    PairDataset(conditions, targets, cache=True, image_size=20).check()


def test_masks_whose_foreground_is_no_class_stand_out():
    """A mask of 0 and 255 has two classes."""
    stored = np.where(masks(4) > 100, 255, 0).astype("uint8")
    (found,) = suspicions(stored, photos(4), formats=(Labels(2, ignore=255), PHOTO))
    assert "4 pairs have a condition of only one value beside 255, which is no class" in found
    assert suspicions(stored, photos(4), formats=(Labels(palette=[0, 255]), PHOTO)) == []


def test_class_indices_are_recognized_beside_a_value_of_no_class():
    stored = np.random.default_rng(0).integers(0, 7, (4, 24, 32, 1), "uint8")
    stored[:, :3] = 6
    stored[0, 4, 5] = 255
    (found,) = suspicions(stored, photos(4))
    assert "All conditions have values from 0 to 6, and 255" in found
    assert "Labels(7, ignore=255)" in found


def test_grey_targets_in_three_channels_stand_out():
    grey = photos(4)[..., :1]
    (found,) = suspicions(masks(4), grey, formats=(Picture(1), PHOTO))
    assert "All targets are grey, in 3 equal channels" in found and "Picture(1)" in found
    assert suspicions(masks(4), grey, formats=(Picture(1), Picture(1))) == []
    assert suspicions(masks(4), [*photos(3), grey[3].repeat(3, axis=-1)]) == []


def side_by_side(folder, panels):
    """Files of some panels each, and the suspicions about them."""
    save_all(folder, [np.concatenate(images, axis=1) for images in panels])
    return PairDataset.from_side_by_side(folder, formats=(PHOTO, PHOTO)).audit().suspicions


def test_images_that_hold_no_two_pictures_stand_out(tmp_path):
    panels = [list(images) for images in zip(photos(6, size=(24, 24)), photos(6, 5, (24, 24)))]
    assert side_by_side(tmp_path / "two", panels) == []
    odd = [*panels[:4], panels[4][:1], [*panels[5], panels[0][0]]]
    (found,) = side_by_side(tmp_path / "odd", odd)
    assert "2 pairs are halves of other proportions" in found and "two pictures?\n" in found
    assert "4.png" in found and "5.png" in found and "3.png" not in found
    three = [[*images, images[0][::-1]] for images in panels]
    (found,) = side_by_side(tmp_path / "three", three)
    assert "6 pairs are halves of images that seem to hold three pictures" in found
    wide = zip(photos(6, size=(24, 36)), photos(6, 5, (24, 36)))
    assert side_by_side(tmp_path / "wide", wide) == []
    # Photos, of which no proportions are usual.
    of_any = [[*photos(2, n, (24, 24 + 4 * n))] for n in range(6)]
    assert side_by_side(tmp_path / "any", of_any) == []


def drawings(count, width):
    """Outlines of rectangles, black on white, of lines of so many pixels."""
    images = np.full((count, 48, 64, 1), 255, "uint8")
    for number, image in enumerate(images):
        place = slice(3 + number, 40), slice(5, 60 - number)
        image[place] = 0
        image[place][width:-width, width:-width] = 255
    return images


@pytest.mark.parametrize(
    ("width", "options", "found"),
    [
        (1, {"image_size": (24, 32)}, 1),
        (2, {"image_size": (24, 32)}, 0),
        (1, {"image_size": (48, 64)}, 0),
        # A window is cut out of it, of lines as they are.
        (1, {"image_size": (24, 32), "resize": None}, 0),
        (1, {}, 0),
    ],
)
def test_lines_of_one_pixel_that_scaling_breaks_stand_out(width, options, found):
    lines = drawings(5, width)
    told = suspicions(photos(5, size=(48, 64)), lines, **options)
    assert len(told) == found
    assert all("Most targets are lines of one pixel" in text for text in told)
    assert len(suspicions(lines, photos(5, size=(48, 64)), **options)) == found
    grey = PHOTO, Picture(1, interpolation="bicubic")
    assert not suspicions(photos(5, size=(48, 64)), lines, formats=grey, **options)


def test_an_exchanged_pair_stands_out():
    conditions, targets = (list(side) for side in (masks(6).repeat(3, axis=-1), photos(6)))
    conditions[2], targets[2] = targets[2], conditions[2]
    (found,) = suspicions(conditions, targets, formats=(PHOTO, PHOTO))
    assert "1 pairs seem to have condition and target exchanged" in found
    assert "condition 2 and target 2" in found


def test_a_mask_of_many_values_among_label_maps_stands_out():
    conditions = list(masks(6))
    conditions[3] = jpeg(conditions[3])
    (found,) = suspicions(conditions, photos(6))
    count = len(np.unique(conditions[3]))
    assert count > 32
    assert f"1 pairs have a condition of many values ({count})" in found
    assert "condition 3" in found


def test_masks_that_are_all_stored_as_jpeg_are_recognized():
    conditions = [jpeg(mask, 85) for mask in masks(6)]
    (found,) = suspicions(conditions, photos(6))
    assert "6 pairs have a condition that looks like a label map stored as JPEG" in found


def test_drawings_with_grey_edges_are_no_label_maps(tmp_path):
    for number, mask in enumerate(masks(6)):
        for ending in ("png", "jpg"):
            path = tmp_path / ending / f"{number}.{ending}"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(jpeg(mask, 85)[..., 0]).save(path)
    photo = list(photos(6))
    for ending, count in (("png", 0), ("jpg", 1)):
        paths = sorted((tmp_path / ending).iterdir())
        assert len(suspicions(paths, photo, formats=(Picture(1), PHOTO))) == count


def test_what_is_not_listed_is_counted():
    found = suspicions(np.zeros((9, 24, 32, 1), "uint8"), photos(9), formats=(Picture(1), PHOTO))
    (line,) = [line for line in found if "of only one value" in line]
    assert line.startswith("9 pairs") and line.endswith("... and 4 more")


def test_pictures_of_one_value_and_copies_stand_out():
    conditions, targets = masks(8), photos(8)
    targets[1] = 77
    conditions[4], targets[4] = conditions[5], targets[5]
    found = suspicions(conditions, targets)
    assert len(found) == 2
    assert "1 pairs have a target of only one value.\n  condition 1 and target 1" in found[0]
    assert "1 pairs repeat another pair.\n  condition 5 and target 5" in found[1]


def test_a_target_that_is_the_condition_stands_out():
    images = photos(6)
    targets = photos(6, seed=9)
    targets[2] = images[2]
    (found,) = suspicions(images, targets)
    assert "1 pairs have a target that equals the condition" in found


def test_pairs_of_another_set_are_named():
    train = PairDataset(masks(6), photos(6))
    val = PairDataset(masks(9)[4:], photos(9)[4:])
    (found,) = train.audit(val).suspicions
    assert "2 pairs are in PairDataset(5 pairs" in found
    assert "condition 0 and target 0" in found and "condition 1 and target 1" in found
    only_masks = PairDataset(masks(6), photos(6, seed=5))
    assert train.audit(only_masks).suspicions == []


def test_floats_from_0_to_1_want_a_range():
    images = photos(4) / np.float32(255)
    (found,) = suspicions(masks(4), images)
    assert "All targets are floats from 0" in found and "value_range=(0, 1)" in found
    sound = Picture(value_range=(0, 1))
    assert suspicions(masks(4), images, formats=(Picture(), sound)) == []


@pytest.mark.parametrize(
    "dtype, high, full, brightest",
    [("uint8", 20, 255, 31), ("uint16", 4095, 65535, 4095), ("uint16", 2950, 65535, 4095)],
)
def test_values_that_are_nearly_black_are_indices_or_want_a_range(dtype, high, full, brightest):
    images = np.random.default_rng(0).integers(0, high, (4, 24, 32, 1), endpoint=True).astype(dtype)
    images[:, 0, 0] = high
    (found,) = suspicions(images, photos(4))
    assert f"All conditions have values from 0 to {high} of {full}" in found
    # A brighter picture of the same camera has its place.
    assert f"Labels({high + 1})" in found and f"value_range=(0, {brightest})" in found
    told = Picture(value_range=(0, brightest))
    assert suspicions(images, photos(4), formats=(told, Picture())) == []


def test_check_refuses_problems_and_warns_of_suspicions(tmp_path):
    images = photos(30)
    images[3] = images[7]
    folders = save_all(tmp_path / "a", images), save_all(tmp_path / "b", images[..., ::-1])
    dataset = PairDataset.from_folders(*folders, formats=(PHOTO, PHOTO))
    with pytest.warns(UserWarning, match="1 pairs repeat another pair"):
        dataset.check()
    # It has been checked: nothing is read again.
    (tmp_path / "a/5.png").unlink()
    dataset.check()
    for number in (8, 20):
        (tmp_path / f"b/{number}.png").write_bytes(b"no picture")
    dataset = PairDataset.from_folders(tmp_path / "b", tmp_path / "b", formats=(PHOTO, PHOTO))
    with pytest.raises(ValueError, match="2 of 30 pairs cannot be trained on") as error:
        dataset.check()
    assert "8.png cannot be read" in str(error.value) and "20.png" in str(error.value)


def test_check_looks_at_pairs_spread_over_a_large_set(monkeypatch):
    seen = []

    def image(number):
        def read():
            seen.append(number)
            return photos(1, seed=number + 1000, size=(6, 8))[0]

        return read

    images = [image(number) for number in range(100)]
    monkeypatch.setattr("keras_pix2pix.data.loading.dataset.CHECKED", 10)
    dataset = PairDataset(images, photos(100, size=(6, 8)), formats=(PHOTO, PHOTO))
    seen.clear()
    dataset.check()
    assert len(seen) == len(set(seen)) == 10 and {0, 99} <= set(seen)


def test_check_refuses_sizes_that_make_no_batch():
    images = [*photos(2), *photos(2, size=(12, 16))]
    targets = [image[:, ::-1] for image in images]
    for options in ({"batch_size": 1}, {"batch_size": 2, "image_size": 8}):
        PairDataset(images, targets, formats=(PHOTO, PHOTO), **options).check()
    with pytest.raises(
        ValueError, match=r"image_size, or batch_size=1\. Received: pairs of 2 sizes"
    ):
        PairDataset(images, targets, formats=(PHOTO, PHOTO), batch_size=2).check()


def test_check_refuses_pairs_that_are_too_small_not_to_be_scaled():
    images = [*photos(2), *photos(1, size=(12, 16))]
    targets = [image[:, ::-1] for image in images]
    dataset = PairDataset(images, targets, (16, 16), formats=(PHOTO, PHOTO), resize=None)
    with pytest.raises(
        ValueError, match=r"1 of 3 pairs(.|\n)*target 2 must be at least \(16, 16\)"
    ):
        dataset.check()


@pytest.mark.parametrize("count", [1, 2, 3, 8, 16, 32])
def test_some_of_the_sample_raise_no_suspicion(count):
    train, _ = load_sample()
    assert train.subset(slice(count)).audit().suspicions == []


def test_flat_colors_with_soft_edges_stand_out(tmp_path):
    palette = np.array([(0, 0, 170), (255, 170, 0), (170, 255, 85), (255, 0, 0)], "uint8")
    maps = palette[np.random.default_rng(0).integers(0, 4, (6, 6, 6)).repeat(16, 1).repeat(16, 2)]
    soft = [np.asarray(Image.fromarray(image).resize((70, 70), 2)) for image in maps]
    images = photos(6, size=(70, 70))
    folder = save_all(tmp_path / "a", soft)
    paths = sorted(folder.iterdir())
    (found,) = suspicions(paths, images, formats=(PHOTO, PHOTO))
    assert "6 pairs have a condition that looks like a label map" in found
    assert suspicions(images, paths, formats=(PHOTO, PHOTO)) == []
