import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import PairDataset

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 6, 3), dtype="uint8")


def content(image, ending):
    file = io.BytesIO()
    if ending == "npy":
        np.save(file, image)
    else:
        Image.fromarray(image).save(file, ending)
    return file.getvalue()


def write(path, files):
    with tarfile.open(path, "w") as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.fixture
def shards(tmp_path):
    """Two shards of three pairs."""
    for shard in range(2):
        files = []
        for number in range(3 * shard, 3 * shard + 3):
            files += [
                (f"a.b/{number}.tiff", content(IMAGES[number], "tiff")),
                (f"a.b/{number}.json", b"{}"),
                (f"a.b/{number}.edges.png", content(IMAGES[number, ..., 0], "png")),
                (f"a.b/{number}.npy", content(IMAGES[number], "npy")),
            ]
        write(tmp_path / f"{shard}.tar", files)
    return tmp_path


@pytest.mark.parametrize("target", ["tiff", ".npy"])
def test_pairs_are_read_where_they_are(shards, target):
    pairs = PairDataset.from_tars(shards / "*.tar", "edges.png", target, batch_size=6)
    condition, picture = pairs[0]
    np.testing.assert_allclose(picture, IMAGES / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(condition[..., 2], picture[..., 0])
    assert pairs.pair_names() == [f"a.b/{number}" for number in range(6)]
    (last,) = pairs.subset([5], shuffle=False)
    np.testing.assert_array_equal(last[1], picture[5:])


def test_several_conditions_and_parts_of_processes(shards):
    tars = [shards / "0.tar", shards / "1.tar"]
    pairs = PairDataset.from_tars(tars, ("edges.png", "npy"), "tiff", batch_size=2, shuffle=True)
    parts = [pairs.part(index, 2) for index in range(2)]
    seen = np.concatenate([part[step][1] for step in range(3) for part in parts])
    whole = np.concatenate([pairs[step][1] for step in range(3)])
    np.testing.assert_array_equal(seen, whole)
    assert pairs[0][0].shape == (2, 8, 6, 6)


def test_images_without_a_partner(shards):
    write(shards / "2.tar", [("9.tiff", content(IMAGES[0], "tiff")), ("10.json", b"{}")])
    with pytest.raises(
        ValueError, match=r"(?s)1 images have no partner.*2.tar: 9 has no .edges.png"
    ):
        PairDataset.from_tars(shards / "*.tar", "edges.png", "tiff")
    with pytest.warns(UserWarning, match="9 has no .edges.png"):
        pairs = PairDataset.from_tars(shards / "*.tar", "edges.png", "tiff", on_error="skip")
    assert len(pairs) == 6


def test_what_is_no_tar_file(shards):
    with pytest.raises(ValueError, match="There are no tar files"):
        PairDataset.from_tars(shards / "none*.tar", "edges.png", "tiff")
    with tarfile.open(shards / "packed.tar", "w:gz") as tar:
        tar.add(shards / "0.tar", "0.tar")
    with pytest.raises(ValueError, match=r"packed.tar cannot be read as a tar file that is not c"):
        PairDataset.from_tars(shards / "packed.tar", "edges.png", "tiff")


@pytest.mark.parametrize("length", [1024, 3000])
def test_a_tar_file_that_is_cut_short(shards, length):
    (shards / "cut.tar").write_bytes((shards / "0.tar").read_bytes()[:length])
    with pytest.raises(ValueError, match=r"cut.tar cannot be read .*: "):
        PairDataset.from_tars(shards / "cut.tar", "edges.png", "tiff")


def test_a_broken_image_is_named(shards):
    write(shards / "3.tar", [("x.png", b"no image"), ("x.tiff", content(IMAGES[0], "tiff"))])
    with pytest.raises(ValueError, match=r"3.tar: x.png cannot be read as an image"):
        PairDataset.from_tars(shards / "3.tar", "png", "tiff")
