"""Which pairs are held out, whatever else there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.pairing.splits import choose_held_out

names = st.lists(st.text(max_size=8), min_size=1, max_size=40, unique=True)


@settings(deadline=None)
@given(names, names, st.floats(0.01, 0.99), st.integers(0, 9))
def test_no_name_changes_sides_when_others_are_added(some, more, share, seed):
    together = [*more, *(name for name in some if name not in more)]
    alone = dict(zip(some, choose_held_out(some, share, seed)))
    with_more = dict(zip(together, choose_held_out(together, share, seed)))
    assert all(alone[name] == with_more[name] for name in some)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_the_share_is_about_what_was_asked_for(share):
    held = choose_held_out([f"image_{number}" for number in range(5000)], share, seed=0)
    assert abs(held.mean() - share) < 0.02
    other = choose_held_out([f"image_{number}" for number in range(5000)], share, seed=1)
    assert (held != other).any()
    larger = choose_held_out([f"image_{number}" for number in range(5000)], share + 0.1, seed=0)
    assert larger[held].all()


def test_names_that_are_no_text_are_drawn_too():
    assert choose_held_out(["caf\udce9"], 0.5, 0).shape == (1,)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=f"between 0 and 1. Received: {share}"):
        choose_held_out(["a"], share, 0)


def test_a_list_names_what_is_held_out(tmp_path):
    path = tmp_path / "val.txt"
    path.write_text("b.png\n\ncat/d\n c \n")
    assert choose_held_out(["a", "b", "c", "cat/d"], path, 0).tolist() == [False, True, True, True]
    path.write_text("b\ne\nf.jpg\n")
    with pytest.raises(
        ValueError, match=r"val\.txt must list names of pairs, such as 'a'\. Received: 2"
    ) as error:
        choose_held_out(["a", "b"], str(path), 0)
    assert "\n  e\n  f" in str(error.value)


@pytest.fixture
def forty():
    images = np.arange(40, dtype="uint8")[:, None, None, None].repeat(2, 1).repeat(2, 2)
    return PairDataset(images, images, image_size=2, augment=True)


def test_a_dataset_splits_into_training_and_plain_pairs(forty):
    train, val = forty.split(0.3, seed=5)
    assert sorted([*train.numbers, *val.numbers]) == list(range(40))
    assert 4 < len(val) < 20
    assert (train.augment, train.shuffle) == (forty.augment, True)
    assert (val.augment, val.shuffle) == (None, False)
    expected = (val.numbers / 127.5 - 1).astype("float32")
    np.testing.assert_allclose([pair[0][0, 0, 0, 0] for pair in val], expected, atol=1e-6)
    assert forty.split(0.3, seed=6)[1].numbers.tolist() != val.numbers.tolist()


def test_a_side_without_pairs_is_refused(forty, tmp_path):
    (tmp_path / "none.txt").write_text("\n")
    with pytest.raises(ValueError, match="All 40 pairs would be on one side"):
        forty.split(tmp_path / "none.txt")
    (tmp_path / "all.txt").write_text("\n".join(map(str, range(40))))
    with pytest.raises(ValueError, match="All 40 pairs would be on one side"):
        forty.split(tmp_path / "all.txt")


def test_a_group_stays_on_one_side(tmp_path):
    """In a folder a case, whose pictures all have the same names."""
    rng = np.random.default_rng(0)
    lines = ["patient,ct,mr"]
    for number in range(40):
        case = tmp_path / f"case_{number:03}"
        case.mkdir()
        for name in ("ct", "mr"):
            image = Image.fromarray(rng.integers(0, 256, (4, 4), "uint8"))
            image.save(case / f"{name}.png")
        lines.append(f"p{number // 4},{case.name}/ct.png,{case.name}/mr.png")
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    table = tmp_path / "pairs.csv"
    train, val = PairDataset.from_list(table).split(0.3)
    assert len(train.numbers) + len(val.numbers) == 40
    patterns = ("(.+)/ct$", "(.+)/mr$")
    for dataset in (
        PairDataset.from_list(table, group="patient"),
        PairDataset.from_list(table, group="case_(..)"),
        PairDataset.from_folders(tmp_path, tmp_path, patterns=patterns, group="case_(..)"),
    ):
        sides = [{dataset.groups[n] for n in side.numbers} for side in dataset.split(0.4, seed=1)]
        assert all(sides) and not sides[0] & sides[1]
    for group in ("doctor", "case_9(.)"):
        with pytest.raises(ValueError, match=r"group must be(.|\n)*case_000"):
            PairDataset.from_list(table, group=group)
    with pytest.raises(ValueError, match="one group for each pair"):
        PairDataset(*np.zeros((2, 3, 4, 4, 1), "uint8"), groups=["a", "b"])
