"""Pictures of files: what is written, kept and broken, and what is left when it is stopped."""

import errno
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tifffile
from checks import randomize
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.files.reading import read_image

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def model():
    unet = kp.UNetGenerator(depth=2, filters=2)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(receptive_field=1, filters=2))
    randomize(model.generator)
    return model


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")


@pytest.fixture
def masks(tmp_path):
    """Images of some sizes and kinds in a folder and a sub-folder, three of them broken."""
    folder = tmp_path / "masks"
    (folder / "sub").mkdir(parents=True)
    sizes = {"a.png": (8, 8), "b.jpg": (8, 8), "sub/c.bmp": (5, 9), "sub/d.png": (1, 1)}
    for seed, (name, size) in enumerate(sizes.items()):
        Image.fromarray(drawn(*size, 3, seed=seed)).save(folder / name)
    np.save(folder / "five.npy", drawn(8, 8, 5))
    (folder / "empty.png").write_bytes(b"")
    (folder / "sub" / "short.png").write_bytes((folder / "a.png").read_bytes()[:80])
    return folder


def below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


PICTURES = ["a.png", "b.png", "sub/c.png", "sub/d.png"]


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}, {"tile": 8, "overlap": 4}])
def test_a_folder(model, masks, tmp_path, options, capsys):
    done = model.translate_files(masks, tmp_path / "out", **options)
    assert below(tmp_path / "out") == PICTURES
    assert sorted(done.written) == [tmp_path / "out" / name for name in PICTURES]
    assert done.kept == []
    reasons = {os.path.basename(path): reason for path, reason in done.broken}
    assert set(reasons) == {"five.npy", "empty.png", "short.png"}
    assert "5 channels, and 3 channels are wanted" in reasons["five.npy"]
    assert "cannot be read" in reasons["empty.png"]
    assert "7/7" in capsys.readouterr().out
    tiles = {name: value for name, value in options.items() if name != "batch_size"}
    for source, picture in (("a.png", "a.png"), ("b.jpg", "b.png"), ("sub/c.bmp", "sub/c.png")):
        expected = model.translate(masks / source, **tiles).astype(int)
        assert np.abs(read_image(tmp_path / "out" / picture) - expected).max() <= 1


def test_what_is_there_is_kept(model, masks, tmp_path):
    out = tmp_path / "out"
    model.translate_files(masks, out)
    (out / "sub" / "c.png").unlink()
    (out / "a.png").write_bytes(b"mine")
    done = model.translate_files(masks, out)
    assert done.written == [out / "sub" / "c.png"]
    assert sorted(done.kept) == [out / name for name in ("a.png", "b.png", "sub/d.png")]
    assert (out / "a.png").read_bytes() == b"mine"
    done = model.translate_files(masks, out, overwrite=True)
    assert len(done.written) == 4
    assert read_image(out / "a.png").shape == (8, 8, 3)


def test_where_images_are_read_no_picture_is_written(model, masks):
    before = below(masks)
    with pytest.raises(ValueError, match="folder of its own"):
        model.translate_files(masks, masks / "new")
    assert below(masks) == before


def test_samples_do_not_depend_on_what_else_there_is(model, masks, tmp_path):
    options = {"stochastic": True, "seed": 3, "samples": 2}
    done = model.translate_files(masks, tmp_path / "all", **options)
    assert below(tmp_path / "all")[:2] == ["a_1.png", "a_2.png"]
    assert len(done.written) == 8
    model.translate_files(masks / "sub" / "c.bmp", tmp_path / "one", **options)
    model.translate_files([masks / "b.jpg"], tmp_path / "one", **options)
    first, second = (read_image(tmp_path / "one" / f"b_{n}.png") for n in (1, 2))
    assert (first != second).any()
    np.testing.assert_array_equal(read_image(tmp_path / "all" / "b_1.png"), first)


def test_conditions_of_several_images_and_pictures_that_png_cannot_hold(tmp_path):
    model = kp.Pix2Pix(kp.UNetGenerator((None, None, 2), output_channels=1, depth=2, filters=2))
    grey = kp.data.Picture(1)
    model.formats = (grey, grey), kp.data.Picture(1, dtype="float32")
    for folder, names in (("one", "ab"), ("two", "bc")):
        (tmp_path / folder).mkdir()
        for name in names:
            Image.fromarray(drawn(6, 6)).save(tmp_path / folder / f"{name}.png")
    folders = tmp_path / "one", tmp_path / "two"
    done = model.translate_files(folders, tmp_path / "out")
    assert below(tmp_path / "out") == ["b.tif"]
    assert [os.path.basename(path) for path, _ in done.broken] == ["a.png", "c.png"]
    assert "no partner" in done.broken[0][1]
    expected = model.translate((tmp_path / "one/b.png", tmp_path / "two/b.png"))
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "b.tif"), expected)
    with pytest.raises(ValueError, match="made up of 2 images"):
        model.translate_files(folders[0], tmp_path / "out")


def test_no_permission_and_a_path_below_a_file(model, masks, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match=r"file/out cannot be written to.*0 pictures"):
        model.translate_files(masks, tmp_path / "file" / "out")

    def refuse(**kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(PermissionError, match="out cannot be written to: Permission denied"):
        model.translate_files(masks, tmp_path / "out")


def test_a_full_disk_leaves_whole_files_and_no_other(model, masks, tmp_path, monkeypatch):
    crc32, begun = zlib.crc32, []

    def fail_in_the_second_file(content, *start):
        # Pillow, which reads, gives a start.
        begun.extend([content] * (not start and content.startswith(b"IHDR")))
        if len(begun) == 2 and not start and content.startswith(b"IDAT"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return crc32(content, *start)

    with monkeypatch.context() as patch:
        patch.setattr("zlib.crc32", fail_in_the_second_file)
        with pytest.raises(OSError, match=r"No space left on device\. 1 pictures were written"):
            model.translate_files(masks, tmp_path / "out")
    assert below(tmp_path / "out") == ["a.png"]
    assert len(model.translate_files(masks, tmp_path / "out").written) == 3


SCRIPT = """
import sys
import keras_pix2pix as kp
from keras_pix2pix.inference.translator import Translator
model = kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2))
stored = Translator._stored
import time
def slow(*args):
    time.sleep(0.05)
    return stored(*args)
Translator._stored = slow
print("started", flush=True)
model.translate_files(sys.argv[1], sys.argv[2])
"""


@pytest.mark.slow
def test_sigterm_leaves_no_half_written_file(tmp_path):
    (tmp_path / "masks").mkdir()
    for number in range(200):
        Image.fromarray(drawn(64, 64, 3)).save(tmp_path / "masks" / f"{number}.png")
    out = tmp_path / "out"
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "masks"), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not (out / "3.png").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    names = below(out)
    assert 4 <= len(names) < 200
    for name in names:
        assert read_image(out / name).shape == (64, 64, 3)


def test_sigterm_is_what_it_was_afterwards(model, masks, tmp_path):
    model.translate_files(masks / "a.png", tmp_path / "out")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_tilde_is_the_home_folder(model, tmp_path, monkeypatch):
    """Not the name of a new one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "masks").mkdir()
    Image.fromarray(drawn(4, 4, 3)).save(tmp_path / "masks" / "a.png")
    for i, source in enumerate(("~/masks", "~/masks/*.png", "~/masks/a.png", ["~/masks/a.png"])):
        done = model.translate_files(source, f"~/pictures_{i}")
        assert done.written == [tmp_path / f"pictures_{i}" / "a.png"]
    with pytest.raises(ValueError, match="a folder of its own"):
        model.translate_files("~/masks", tmp_path / "masks" / "pictures")
    assert not (tmp_path / "~").exists()


GEOREFERENCE = [
    (33550, 12, 3, (10.0, 10.0, 0.0), True),
    (33922, 12, 6, (0.0, 0.0, 0.0, 3e5, 5e6, 0.0), True),
    (34735, 3, 8, (1, 1, 0, 1, 3072, 0, 1, 32633), True),
    (42113, 2, 0, "-9999", True),
]


@pytest.mark.parametrize("options", [{}, {"tile": 32, "overlap": 8}])
@pytest.mark.parametrize("planar", [False, True])
def test_geotiff_stays_geotiff(tmp_path, options, planar):
    """Of floats with a range of their own, also if it is written tile by tile."""
    model = kp.Pix2Pix(kp.UNetGenerator((None, None, 4), 2, depth=2, filters=2))
    randomize(model.generator)
    heights = kp.data.Picture(2, value_range=(0, 4000), dtype="float32")
    model.formats = (kp.data.Picture(4, alpha="keep"),), heights
    image = drawn(100, 70, 4).astype("uint16")
    stored = np.moveaxis(image, -1, 0) if planar else image
    (tmp_path / "scenes").mkdir()
    tifffile.imwrite(
        tmp_path / "scenes" / "a.tif",
        stored,
        photometric="minisblack",
        planarconfig="separate" if planar else "contig",
        extratags=GEOREFERENCE,
        metadata=None,
    )
    (written,) = model.translate_files(tmp_path / "scenes", tmp_path / "out", **options).written
    assert written == tmp_path / "out" / "a.tif"
    with tifffile.TiffFile(written) as file:
        found = file.pages.first.tags
        assert {code: found[code].value for code, *_ in GEOREFERENCE[:3]} == {
            code: value for code, _, _, value, _ in GEOREFERENCE[:3]
        }
        assert str(found[42113].value) == "-9999"
        assert file.series[0].axes == ("SYX" if planar else "YXS")
    picture = read_image(written)
    assert picture.dtype == "float32" and picture.min() >= 0 and picture.max() > 1000
    np.testing.assert_allclose(picture, model.translate(image, **options), atol=1)
    assert below(tmp_path / "out") == ["a.tif"]


def test_grey_of_16_bits_stays_grey_of_16_bits(model, tmp_path):
    grey = kp.Pix2Pix(kp.UNetGenerator((None, None, 1), 1, depth=2, filters=2))
    photo = np.linspace(0, 65535, 64).astype("uint16").reshape(8, 8)
    arrays = [photo[..., None], photo[..., None].copy()]
    pairs = kp.data.PairDataset(arrays, arrays[::-1], formats=(kp.data.Picture(1),) * 2)
    grey.formats = pairs.formats
    for name in ("a.png", "b.tif"):
        Image.fromarray(photo).save(tmp_path / name)
        (path,) = grey.translate_files(tmp_path / name, tmp_path / "out").written
        assert path.name == name
        with Image.open(path) as image:
            assert image.mode == "I;16"
    assert read_image(path).shape == (8, 8, 1)


@pytest.mark.parametrize("palette", [None, [(0, 0, 0), (255, 0, 0), (0, 0, 90)]])
def test_label_maps_have_the_palette_of_the_targets(tmp_path, palette):
    """Whether their indices or their colors are the classes."""
    colors = [(0, 0, 0), (255, 0, 0), (1, 1, 1), (0, 0, 90)]
    classes = [0, 1, 3]
    for folder in ("photos", "maps"):
        (tmp_path / folder).mkdir()
    for name in ("0.png", "1.tif"):
        photo = drawn(8, 8, 3)
        Image.fromarray(photo).save(tmp_path / "photos" / name)
        indices = np.array(classes, "uint8")[photo[..., 0] % 3]
        indexed = Image.fromarray(indices, "P")
        indexed.putpalette(sum(colors, ()))
        indexed.save(tmp_path / "maps" / name)
    target = kp.data.Labels(palette=palette) if palette else kp.data.Labels(4)
    pairs = kp.data.PairDataset.from_folders(
        tmp_path / "photos", tmp_path / "maps", formats=(kp.data.Picture(3), target)
    )
    model = kp.Pix2Pix(kp.UNetGenerator(output_channels=target.channels, depth=2, filters=2))
    model.compile()
    model.formats = pairs.formats
    model.save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    done = model.translate_files(tmp_path / "photos", tmp_path / "out")
    assert [path.name for path in done.written] == ["0.png", "1.tif"]
    for path in done.written:
        expected = model.translate(tmp_path / "photos" / path.name)
        with Image.open(path) as image:
            assert image.mode == "P"
            assert image.getpalette()[:12] == list(sum(colors, ()))
        np.testing.assert_array_equal(read_image(path, target.palette_indices), expected)


def test_label_maps_without_a_place_in_the_palette_are_written_as_they_are(tmp_path):
    two = kp.data.Labels(palette=[(0, 0, 0), (9, 9, 9)], colors=[(0, 0, 0), (1, 1, 1)])
    model = kp.Pix2Pix(kp.UNetGenerator(output_channels=2, depth=2, filters=2))
    model.formats = (kp.data.Picture(3),), two
    Image.fromarray(drawn(8, 8, 3)).save(tmp_path / "a.png")
    (path,) = model.translate_files(tmp_path / "a.png", tmp_path / "out").written
    with Image.open(path) as image:
        assert image.mode == "RGB"


def test_the_georeference_is_kept_whichever_image_of_a_condition_has_it(tmp_path):
    model = kp.Pix2Pix(kp.UNetGenerator((None, None, 2), 3, depth=2, filters=2))
    model.formats = (kp.data.Picture(1), kp.data.Picture(1)), kp.data.Picture(3)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    Image.fromarray(drawn(6, 6)).save(tmp_path / "one" / "a.png")
    tifffile.imwrite(tmp_path / "two" / "a.tif", drawn(6, 6), extratags=GEOREFERENCE[:2])
    folders = tmp_path / "one", tmp_path / "two"
    (path,) = model.translate_files(folders, tmp_path / "out").written
    assert path.name == "a.tif"
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.tags[33550].value == (10.0, 10.0, 0.0)
        assert file.pages.first.photometric.name == "RGB"
