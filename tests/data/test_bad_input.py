"""Malformed files and folders: each is a clear error that names the file, or handled as documented.

Every broken file is tried in four places: alone, among sound pairs before training, among sound
pairs in a thread that reads ahead, and where broken pairs shall be left out.
"""

import io
import os
import re
import struct
import zlib

import keras
import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.data.files.reading import read_image

FORMATS = Picture(3, interpolation="nearest"), Picture(3, interpolation="bicubic")


def sound(height=12, width=16, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype="uint8")


def encoded(ending, image=None, **options):
    """The bytes of a sound file of this kind."""
    buffer = io.BytesIO()
    if ending == "npy":
        np.save(buffer, sound())
    else:
        kinds = {"jpg": "JPEG", "tif": "TIFF"}
        image = Image.fromarray(sound()) if image is None else image
        image.save(buffer, kinds.get(ending, ending), **options)
    return buffer.getvalue()


def truncated(ending):
    content = encoded(ending)
    return content[: len(content) * 2 // 3]


def stored(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def as_tiff(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def several(ending, mode="RGB"):
    frames = [Image.fromarray(sound(seed=seed)).convert(mode) for seed in (1, 2)]
    return encoded(ending, frames[0], save_all=True, append_images=frames[1:])


def png_header(width, height):
    """A PNG that claims to be of this size, and holds next to nothing."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def damaged(ending, position, count=40):
    content = bytearray(encoded(ending))
    start = int(position * len(content))
    content[start : start + count] = bytes(range(200, 200 + count))
    return bytes(content)


def transparent(mode="RGBA"):
    image = Image.fromarray(sound(channels=4), "RGBA" if mode == "P" else None)
    return encoded("png", image.convert(mode))


LOSSLESS = "png", "bmp", "webp", "gif", "tif", "npy"
WORDS = b"<html><body>404 Not Found</body></html>"
BROKEN = {
    **{f"truncated.{ending}": (lambda e=ending: truncated(e)) for ending in (*LOSSLESS, "jpg")},
    **{f"empty.{ending}": (lambda: b"") for ending in (*LOSSLESS, "jpg", "tiff", "jfif")},
    **{f"html.{ending}": (lambda: WORDS) for ending in (*LOSSLESS, "jpg")},
    **{f"zeros.{ending}": (lambda: bytes(5000)) for ending in (*LOSSLESS, "jpg")},
    "signature alone.png": lambda: encoded("png")[:8],
    "signature alone.jpg": lambda: encoded("jpg")[:4],
    "damaged header.png": lambda: damaged("png", 0.02, 20),
    "damaged pixels.png": lambda: damaged("png", 0.5),
    "archive.png": lambda: b"PK\x03\x04" + bytes(100),
    "bomb.png": lambda: png_header(60_000, 60_000),
    "claims more than it has.png": lambda: png_header(900, 900),
    "no height.png": lambda: png_header(16, 0),
    "printer colors.jpg": lambda: encoded("jpg", Image.new("CMYK", (16, 12))),
    "printer colors.tif": lambda: encoded("tif", Image.new("CMYK", (16, 12))),
    "lab colors.tif": lambda: encoded("tif", Image.new("LAB", (16, 12))),
    "animated.gif": lambda: several("gif"),
    "animated.png": lambda: several("png"),
    "animated.webp": lambda: several("webp"),
    "pages.tif": lambda: several("tif"),
    "stack.tif": lambda: as_tiff(np.zeros((5, 12, 16), "uint16")),
    "volume.tif": lambda: as_tiff(np.zeros((2, 5, 12, 16), "uint8")),
    "transparent.png": transparent,
    "transparent grey.png": lambda: transparent("LA"),
    "transparent palette.png": lambda: transparent("P"),
    "nan.tif": lambda: as_tiff(np.full((12, 16), np.nan, "float32")),
    "infinite.tif": lambda: as_tiff(np.full((12, 16), np.inf, "float32")),
    "floats of 0 to 255.tif": lambda: as_tiff(sound()[..., 0].astype("float32")),
    "complex.tif": lambda: as_tiff(np.zeros((12, 16), "complex64")),
    "five channels.tif": lambda: as_tiff(sound(channels=5), photometric="minisblack"),
    "nan.npy": lambda: stored(np.full((12, 16, 3), np.nan)),
    "one nan.npy": lambda: stored(np.where(np.arange(576).reshape(12, 16, 3) == 7, np.nan, 0)),
    "infinite.npy": lambda: stored(np.full((12, 16, 3), -np.inf)),
    "floats of 0 to 255.npy": lambda: stored(sound().astype("float64")),
    "objects.npy": lambda: stored(np.array([{"a": 1}], object)),
    "words.npy": lambda: stored(np.array([["a"] * 16] * 12)),
    "scalar.npy": lambda: stored(np.uint8(3)),
    "one axis.npy": lambda: stored(np.zeros(16, "uint8")),
    "four axes.npy": lambda: stored(np.zeros((1, 12, 16, 3), "uint8")),
    "no pixels.npy": lambda: stored(np.zeros((0, 16, 3), "uint8")),
    "no channels.npy": lambda: stored(np.zeros((12, 16, 0), "uint8")),
    "signed.npy": lambda: stored(np.zeros((12, 16, 3), "int64")),
    "complex.npy": lambda: stored(np.zeros((12, 16, 3), "complex128")),
    "channels first.npy": lambda: stored(np.zeros((3, 12, 16), "uint8")),
    "of another size.png": lambda: encoded("png", Image.fromarray(sound(13, 16))),
    "turned.png": lambda: encoded("png", Image.fromarray(sound(16, 12))),
}
ODD_BUT_SOUND = {
    "a png named.jpg": lambda: encoded("png"),
    "a jpeg named.png": lambda: encoded("jpg"),
    "UPPER.PNG": lambda: encoded("png"),
    "one bit.png": lambda: encoded("png", Image.fromarray(sound()[..., 0] > 127)),
    "palette.png": lambda: encoded("png", Image.fromarray(sound()).quantize(16)),
    "palette.gif": lambda: encoded("gif", Image.fromarray(sound()).quantize(16)),
    "grey.bmp": lambda: encoded("bmp", Image.fromarray(sound()[..., 0])),
    "opaque.png": lambda: encoded("png", Image.fromarray(sound()).convert("RGBA")),
    "progressive.jpg": lambda: encoded("jpg", progressive=True),
    "16 bits.png": lambda: encoded("png", Image.fromarray(sound()[..., 0] * np.uint16(257))),
    "half.npy": lambda: stored(np.linspace(-1, 1, 576).reshape(12, 16, 3).astype("float16")),
    "yes and no.npy": lambda: stored(sound() > 99),
    "fortran order.npy": lambda: stored(np.asfortranarray(sound())),
    "big endian.npy": lambda: stored((sound() * np.uint16(257)).astype(">u2")),
    "of two axes.npy": lambda: stored(sound()[..., 0]),
    "jpeg in a tiff.tif": lambda: encoded("tif", compression="jpeg"),
    "packed.tif": lambda: encoded("tif", compression="tiff_lzw"),
    "spaces and (brackets).png": lambda: encoded("png"),
    "ünïcode 图.png": lambda: encoded("png"),
    "a" * 200 + ".png": lambda: encoded("png"),
    "new\nline.png": lambda: encoded("png"),
    "100%.png": lambda: encoded("png"),
    "-rf.png": lambda: encoded("png"),
}


def test_there_are_enough_of_them():
    assert len(BROKEN) >= 60
    assert len(BROKEN) + len(ODD_BUT_SOUND) >= 80


def make_pairs(root, name, content, count=20):
    """Folders of sound pairs and one with this file as its target, the seventh by name."""
    conditions, targets = root / "conditions", root / "targets"
    conditions.mkdir()
    targets.mkdir()
    stem = os.path.splitext(name)[0]
    for number in range(count):
        image = Image.fromarray(sound(seed=number + 1))
        image.save(conditions / f"sound{number}.png")
        image.transpose(0).save(targets / f"sound{number}.png")
    Image.fromarray(sound(seed=99)).save(conditions / f"{stem}.png")
    (targets / name).write_bytes(content)
    return conditions, targets


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_wherever_it_is_met(tmp_path, name):
    conditions, targets = make_pairs(tmp_path, name, BROKEN[name]())
    path = targets / name
    named = re.escape(str(path))

    # Alone, if it is its pair that is broken and not the file.
    with pytest.raises(ValueError, match=named):
        pair = [conditions / f"{path.stem}.png"], [path]
        PairDataset(*pair, formats=FORMATS).check()

    # Before training.
    sides = find(conditions), find(targets)
    dataset = PairDataset(*sides, formats=FORMATS, image_size=8)
    with pytest.raises(ValueError, match=f"1 of 21 pairs cannot be trained on(.|\n)*{named}"):
        dataset.check()

    # Left out.
    with pytest.warns(UserWarning, match=named):
        rest = PairDataset(*sides, formats=FORMATS, image_size=8, on_error="skip")
    assert len(rest) == 20
    assert all(np.isfinite(side).all() for pair in rest for side in pair)


def find(folder):
    """Paths in an order that begins with sound ones."""
    return sorted((str(path) for path in folder.iterdir()), key=lambda path: "sound" not in path)


@pytest.mark.parametrize(
    "name", ["truncated.jpg", "empty.png", "bomb.png", "nan.npy", "objects.npy", "turned.png"]
)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_thread_that_reads_ahead_names_the_file_and_does_not_hang(tmp_path, name, workers):
    folders = make_pairs(tmp_path, name, BROKEN[name]())
    dataset = PairDataset(*map(find, folders), formats=FORMATS, image_size=8, workers=workers)
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    with pytest.raises(Exception, match=re.escape(str(folders[1] / name))):
        model.predict(dataset, verbose=0)


@pytest.mark.filterwarnings("ignore:1 pairs have a target of another type")
@pytest.mark.parametrize("name", ODD_BUT_SOUND, ids=lambda name: name[:30])
def test_an_odd_file_is_read(tmp_path, name):
    conditions, targets = make_pairs(tmp_path, name, ODD_BUT_SOUND[name](), count=3)
    dataset = PairDataset.from_folders(conditions, targets, formats=FORMATS)
    dataset.check()
    images = {key: target for key, (_, target) in zip(dataset.names, dataset)}
    target = images[os.path.splitext(name)[0]]
    assert target.shape == (1, 12, 16, 3)
    assert np.isfinite(target).all() and target.std() > 0.2


# Files that cannot be opened, names that cannot be printed, folders that make no sense


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded("png"))

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} cannot be.*Permission denied"):
        read_image(path)


@pytest.mark.parametrize("kind", ["itself", "nothing", "folder"])
def test_links_that_lead_nowhere_are_named(tmp_path, kind):
    folders = make_pairs(tmp_path, "x.png", encoded("png"), count=20)
    path = folders[1] / "x.png"
    path.unlink()
    if kind == "folder":
        path.mkdir()
        with pytest.raises(ValueError, match=r"1 files have no partner(.|\n)*x\.png"):
            PairDataset.from_folders(*folders)
        return
    path.symlink_to(path if kind == "itself" else tmp_path / "gone.png")
    dataset = PairDataset.from_folders(*folders, formats=FORMATS)
    with pytest.raises(ValueError, match=r"1 of 21 pairs(.|\n)*x\.png"):
        dataset.check()


def test_names_that_are_no_text_can_be_used_and_told(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    conditions, targets = make_pairs(tmp_path, name, encoded("png"), count=3)
    dataset = PairDataset.from_folders(conditions, targets, formats=FORMATS)
    assert len(list(dataset)) == 4
    str(dataset.audit()).encode()
    (targets / name).write_bytes(b"")
    with pytest.raises(ValueError, match=r"caf\\xe9\.png") as error:
        PairDataset.from_folders(conditions, targets, formats=FORMATS).check()
    str(error.value).encode()
    (conditions / name).unlink()
    with pytest.raises(ValueError, match=r"caf\\xe9\.png has no partner") as error:
        PairDataset.from_folders(conditions, targets)
    str(error.value).encode()


@pytest.mark.parametrize(
    "conditions, targets, words",
    [
        ("A.png", "a.png", "upper and lower case"),
        ("a_mask.png b_mask.png", "a.png b.png", r"patterns=('(.+)_mask$', '(.+)$')"),
        ("a.png b.png", "a.png", "b.png has no partner"),
        ("1.png", "01.png", "2 files have no partner"),
        ("a.png a.jpg", "a.png", "have the same name, 'a'"),
        ("", "a.png", "has no images"),
        (".a.png", "a.png", "has no images"),
        ("a.svg a.heic", "a.png", "has no images"),
        ("a.png", None, "is not a folder"),
        ("a.png", "file", "is not a folder"),
    ],
)
def test_folders_that_do_not_pair_say_why(tmp_path, conditions, targets, words):
    sides = tmp_path / "conditions", tmp_path / "targets"
    for folder, names in zip(sides, (conditions, targets)):
        if names == "file":
            folder.write_text("no folder")
        elif names is not None:
            folder.mkdir()
            for name in names.split():
                (folder / name).write_bytes(encoded("png"))
    with pytest.raises(ValueError, match=re.escape(words)):
        PairDataset.from_folders(*sides)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "at least one pair"),
        ("condition,target\n", "at least one pair"),
        ("a.png\n", "Row 1 must have at least 2 paths"),
        ("a.png,b.png\na.png,b.png,c.png\n", "Row 2 must have 2 paths"),
        ("a.png b.png\n", "Row 1 must have at least 2 paths, separated by"),
        ("a.png,gone.png\n", "1 files do not exist"),
        ("\x00\x01\x02", "at least one pair"),
    ],
)
def test_a_csv_file_that_names_no_pairs_says_why(tmp_path, text, words):
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(encoded("png"))
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        PairDataset.from_list(tmp_path / "pairs.csv")


def test_a_csv_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "pairs.csv").write_bytes(encoded("png"))
    with pytest.raises(ValueError, match=r"pairs\.csv is not a CSV file"):
        PairDataset.from_list(tmp_path / "pairs.csv")
