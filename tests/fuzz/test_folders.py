"""Folders of any files: what is accepted trains and comes back in its own kind.

What is refused names the file, and says what to do.
"""

import functools
import io
import tempfile
import unicodedata
import warnings
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import keras
import numpy as np
import tifffile
from checks import numpy
from fuzzing import check_refusal, few, on_torch_or_long
from hypothesis import event, given, note
from hypothesis import strategies as st
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, PairDataset, Picture
from keras_pix2pix.data.files.reading import read_image

pytestmark = on_torch_or_long()

COLORS = [(0, 0, 0), (200, 30, 30), (10, 10, 250)]


def saved(kind, mode=None, **options):
    """A function that stores an array as Pillow does, in this mode."""

    def store(array):
        image = Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
        buffer = io.BytesIO()
        (image.convert(mode) if mode else image).save(buffer, kind, **options)
        return buffer.getvalue()

    return store


def as_palette(kind, colors=16):
    """A function that stores an array in colors with a palette."""

    def store(array):
        buffer = io.BytesIO()
        Image.fromarray(array).quantize(colors, dither=Image.Dither.NONE).save(buffer, kind)
        return buffer.getvalue()

    return store


def as_indices(kind):
    """A function that stores classes as indices into a palette."""

    def store(array):
        image = Image.fromarray(array[..., 0]).convert("P")
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768).tolist())
        buffer = io.BytesIO()
        # Pillow would number the colors of a GIF anew.
        image.save(buffer, kind, optimize=False)
        return buffer.getvalue()

    return store


def as_npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array[..., 0] if array.shape[-1] == 1 else array)
    return buffer.getvalue()


def as_tiff(array):
    buffer = io.BytesIO()
    if array.shape[-1] == 1:
        tifffile.imwrite(buffer, array[..., 0])
    else:
        photometric = "rgb" if array.shape[-1] == 3 else "minisblack"
        tifffile.imwrite(buffer, array, photometric=photometric, planarconfig="contig")
    return buffer.getvalue()


def as_big_endian(array):
    return as_npy(array.astype(array.dtype.newbyteorder(">")))


# Ways to store an array, by a name that ends with the suffix.
ARRAYS = {"plain.npy": as_npy, "fortran.npy": lambda a: as_npy(np.asfortranarray(a))}
GREY = {
    "plain.png": saved("PNG"),
    "plain.bmp": saved("BMP"),
    "plain.tif": saved("TIFF"),
    "packed.tiff": saved("TIFF", compression="tiff_lzw"),
    "in colors.png": saved("PNG", "RGB"),
    "opaque.png": saved("PNG", "LA"),
    "UPPER.PNG": saved("PNG"),
    **ARRAYS,
}
PHOTO_GREY = {**GREY, "plain.jpg": saved("JPEG"), "plain.gif": saved("GIF")}
EXACT_COLORS = {
    "plain.png": saved("PNG"),
    "plain.bmp": saved("BMP"),
    "plain.tif": saved("TIFF"),
    "exact.webp": saved("WebP", lossless=True),
    "opaque.png": saved("PNG", "RGBA"),
    "palette.png": as_palette("PNG"),
    "palette.gif": as_palette("GIF"),
    "palette.bmp": as_palette("BMP"),
    **ARRAYS,
}
PHOTO_COLORS = {
    **EXACT_COLORS,
    "plain.jpg": saved("JPEG"),
    "plain.jpeg": saved("JPEG", quality=30),
    "plain.webp": saved("WebP"),
    "grey.png": saved("PNG", "L"),
    "grey.jfif": saved("JPEG", "L"),
    "one bit.png": saved("PNG", "1"),
}
ALPHA = {"plain.png": saved("PNG"), "exact.webp": saved("WebP", lossless=True, exact=True)}
ALPHA |= {"plain.tif": saved("TIFF"), **ARRAYS}
DEEP = {"plain.png": saved("PNG"), "plain.tif": as_tiff, "big endian.npy": as_big_endian, **ARRAYS}
DEEP_COLORS = {**DEEP, "plain.png": lambda a: bytes(imagecodecs.png_encode(a))}
ANY = {"plain.tif": as_tiff, "big endian.npy": as_big_endian, **ARRAYS}
CLASSES = {
    **{name: GREY[name] for name in ("plain.png", "plain.bmp", "plain.tif", "plain.npy")},
    "indices.png": as_indices("PNG"),
    "indices.gif": as_indices("GIF"),
    "indices.bmp": as_indices("BMP"),
}


class Kind(NamedTuple):
    """What the images of one side hold, how they are stored, and what comes back."""

    format: object
    stores: dict
    channels: int
    dtype: str = "uint8"
    low: float = 0
    high: float = 255
    # The only values that files have, for label maps: some of the classes.
    values: tuple | None = None
    # A stored value that the format does not allow.
    wrong: float | tuple | None = None
    # What is generated: its dtype, where it is not `dtype`, and its channels.
    made: str | None = None
    made_channels: int | None = None
    # The value of pixels without data.
    nodata: float | None = None


def floats(dtype):
    return Kind(Picture(1), ANY, 1, dtype, -1, 1, wrong=np.nan)


PICTURES = {
    "colors": Kind(Picture(3), PHOTO_COLORS, 3),
    "nearest colors": Kind(Picture(3, interpolation="nearest"), PHOTO_COLORS, 3),
    "grey": Kind(Picture(1), PHOTO_GREY, 1),
    "as stored": Kind(Picture(), {"plain.png": saved("PNG"), **ARRAYS}, 3),
    "alpha": Kind(Picture(4), ALPHA, 4),
    "alpha dropped": Kind(Picture(3, alpha="drop"), ALPHA, 4, made_channels=3),
    "alpha on red": Kind(Picture(3, alpha=(255, 0, 0)), ALPHA, 4, made_channels=3),
    "16 bits": Kind(Picture(1), DEEP, 1, "uint16", 0, 65535),
    "16 bits in colors": Kind(Picture(3), DEEP_COLORS, 3, "uint16", 0, 65535),
    "12 bits": Kind(Picture(1, value_range=(0, 4095)), DEEP, 1, "uint16", 0, 4095, wrong=4096),
    "32 bits": Kind(Picture(1, value_range=(0, 2**32 - 1)), ANY, 1, "uint32", 0, 2**32 - 1),
    "signed": Kind(Picture(1, value_range=(-9, 1000)), ANY, 1, "int16", -9, 1000, wrong=-10),
    "half": floats("float16"),
    "single": floats("float32"),
    "double": floats("float64"),
    "from 0 to 1": Kind(Picture(3, value_range=(0, 1)), ANY, 3, "float32", 0, 1, wrong=1.5),
    "percentiles": Kind(
        Picture(1, value_range=("1%", "99%")), ANY, 1, "float32", -5, 5000, wrong=np.inf
    ),
    "heights": Kind(
        Picture(1, value_range=(0, 4000), nodata=-9999),
        ANY,
        1,
        "int16",
        0,
        4000,
        nodata=-9999,
        wrong=-9998,
    ),
    "holes": Kind(
        Picture(2, value_range=(0, 10), nodata=np.nan),
        ANY,
        2,
        "float32",
        0,
        10,
        nodata=np.nan,
        wrong=11,
    ),
    "five bands": Kind(Picture(5), ANY, 5),
    "yes and no": Kind(Picture(1), ARRAYS, 1, "bool", 0, 1, made="uint8"),
}
MAPS = {
    "classes": Kind(Labels(4), CLASSES, 1, values=(0, 1, 2, 3), wrong=4),
    "some classes": Kind(Labels(3, ignore=255), CLASSES, 1, values=(0, 1, 2, 255), wrong=3),
    "deep classes": Kind(
        Labels(300, ignore=999), ANY, 1, "uint16", values=(0, 7, 299, 999), wrong=300
    ),
    "signed classes": Kind(Labels(3), ANY, 1, "int64", values=(0, 1, 2), wrong=-1, made="uint8"),
    "greys": Kind(Labels(palette=[0, 127, 255]), GREY, 1, values=(0, 127, 255), wrong=1),
    "map in colors": Kind(
        Labels(palette=COLORS), EXACT_COLORS, 3, values=tuple(COLORS), wrong=(1, 1, 1)
    ),
    "some colors": Kind(
        Labels(palette=COLORS[:2], ignore=COLORS[2]),
        EXACT_COLORS,
        3,
        values=tuple(COLORS),
        wrong=(1, 1, 1),
    ),
}
INSTANCES = {"instances": Kind(InstanceBoundaries(), ANY, 1, "uint16", 0, 65535)}
KINDS = {**PICTURES, **MAPS, **INSTANCES}

# What is wrong with a file, and what is there in its place.
FLAWS = {
    "orphan": None,
    "twin": None,
    "dangling link": None,
    "other size": None,
    "wrong value": None,
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) * 2 // 3],
    "page of an error": lambda content: b"<html><body>404 Not Found</body></html>",
    "zeros": lambda content: bytes(len(content)),
}
JUNK = (".DS_Store", "Thumbs.db", "notes.txt", "._picture.png", ".hidden/picture.png", "info.json")

words = st.text(
    st.one_of(
        st.sampled_from("abcXYZ019 .-_()[]%'&$!+#~äé图и😀"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"),
    ),
    min_size=1,
    max_size=9,
).filter(lambda text: not text.startswith(".") and text.strip(". "))
names = st.lists(words, min_size=1, max_size=3).map("/".join)
sides = st.integers(1, 24)


def looks(name):
    return unicodedata.normalize("NFC", name).casefold()


@st.composite
def folders(draw):
    """The description of two folders, and of how they are read."""
    kinds = draw(st.sampled_from(list(KINDS))), draw(st.sampled_from([*PICTURES, *MAPS]))
    found = draw(st.lists(names, min_size=1, max_size=4, unique_by=looks))
    size = draw(st.tuples(sides, sides))
    pairs = [
        {
            "name": name,
            "size": draw(st.one_of(st.just(size), st.tuples(sides, sides))),
            "stores": [draw(st.sampled_from(list(KINDS[kind].stores))) for kind in kinds],
        }
        for name in found
    ]
    flaw = st.tuples(
        st.sampled_from(list(FLAWS)), st.integers(0, len(pairs) - 1), st.integers(0, 1)
    )
    return {
        "kinds": kinds,
        "pairs": pairs,
        "flaws": draw(st.lists(flaw, max_size=2, unique_by=lambda flaw: flaw[1])),
        "junk": draw(st.lists(st.sampled_from(JUNK), max_size=2, unique=True)),
        "pattern": draw(st.sampled_from(["noise", "noise", "flat", "blocks"])),
        "decomposed": draw(st.booleans()),
        "seed": draw(st.integers(0, 9)),
        "options": draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "image_size": st.sampled_from([8, 16, (5, 9), (24, 8)]),
                    "batch_size": st.integers(2, 3),
                    "augment": st.sampled_from(
                        [True, kp.data.Augment(rotation=20, scale=1.5, color=0.3, cutout=0.4)]
                    ),
                    "resize": st.sampled_from(["crop", "pad", None]),
                    "cache": st.just(True),
                    "on_error": st.just("skip"),
                },
            )
        ),
    }


def image(kind, size, pattern, rng):
    """An array that the format allows."""
    shape = *size, kind.channels
    if pattern == "blocks":
        shape = -(-size[0] // 5), -(-size[1] // 5), kind.channels
    if pattern == "flat":
        shape = 1, 1, kind.channels
    if kind.values is not None:
        values = np.array(kind.values).reshape(len(kind.values), kind.channels)
        array = values[rng.integers(0, len(values), shape[:2])]
    elif np.dtype(kind.dtype).kind == "f":
        array = rng.uniform(kind.low, kind.high, shape)
    else:
        array = rng.integers(kind.low, kind.high, shape, endpoint=True)
    if kind.nodata is not None:
        array = np.where(rng.random(shape) < 0.2, kind.nodata, array)
    repeats = [-(-wanted // found) for wanted, found in zip(size, shape)]
    array = array.repeat(repeats[0], axis=0).repeat(repeats[1], axis=1)
    return array[: size[0], : size[1]].astype(kind.dtype)


def write(case, root):
    """Write both folders. Returns the paths of each pair, and those of files that are flawed."""
    rng = np.random.default_rng(case["seed"])
    flaws = {(number, side): flaw for flaw, number, side in case["flaws"]}
    paths, flawed = [], []
    for number, pair in enumerate(case["pairs"]):
        both = []
        for side, folder in enumerate(("conditions", "targets")):
            kind, store = KINDS[case["kinds"][side]], pair["stores"][side]
            name = pair["name"]
            if case["decomposed"] and side:
                name = unicodedata.normalize("NFD", name)
            path = root / folder / (name + Path(store).suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            flaw = flaws.get((number, side))
            size = pair["size"]
            if flaw == "other size":
                size = size[0], size[1] + 1
            array = image(kind, size, case["pattern"], rng)
            if flaw == "wrong value" and kind.wrong is not None:
                array[-1, -1] = kind.wrong
            content = kind.stores[store](array)
            if FLAWS.get(flaw):
                content = FLAWS[flaw](content)
            if flaw == "dangling link":
                path.symlink_to(root / "nowhere")
            else:
                path.write_bytes(content)
            if flaw == "twin":
                other = ".bmp" if path.suffix != ".bmp" else ".png"
                path.with_name(path.name[: -len(path.suffix)] + other).write_bytes(content)
            both.append(path)
            if flaw and (flaw != "wrong value" or kind.wrong is not None):
                flawed.append(number)
        if "orphan" in (flaws.get((number, side)) for side in (0, 1)):
            side = 0 if flaws.get((number, 0)) == "orphan" else 1
            both[1 - side].unlink()
        paths.append(both)
    for junk in case["junk"]:
        path = root / "conditions" / junk
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"junk")
    return paths, flawed


@functools.cache
def model_of(channels):
    """A compiled model, which all folders of these channels train one after another."""
    shapes = [(None, None, count) for count in channels]
    generator = kp.UNetGenerator(shapes[0], channels[1], depth=2, filters=2)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(*shapes, receptive_field=1, filters=2))
    model.compile(run_eagerly=True)
    return model


def may_be_refused(case):
    """Options that do not go with the sizes of the pairs."""
    options, sizes = case["options"], [pair["size"] for pair in case["pairs"]]
    size = options.get("image_size")
    if size is None:
        several = len(set(sizes)) > 1
        return "augment" in options or (several and ("batch_size" in options or "cache" in options))
    return "resize" in options and options["resize"] is None


def is_too_small(pair, options):
    """Whether a pair is smaller than images that are cut out of it, and not resized."""
    cut = "image_size" in options and options.get("resize", "fit") is None
    return cut and bool(np.less(pair["size"], options["image_size"]).any())


def check_picture(picture, kind, size, name):
    """A picture has the type, the size, the range and the values of the targets."""
    expected = (*size, kind.made_channels or kind.channels)
    assert picture.shape == expected, (name, picture.shape, expected)
    assert picture.dtype == (kind.made or kind.dtype), (name, picture.dtype)
    if kind.values is not None:
        found = {tuple(color) for color in picture.reshape(-1, kind.channels).tolist()}
        allowed = kind.format.palette or [(number,) for number in range(kind.format.classes)]
        assert found <= set(allowed), (name, found)
    else:
        low, high = (-1, 1) if kind.format.own_range else (kind.low, kind.high)
        low, high = (0, 255) if kind.dtype == "bool" else (low, high)
        assert np.isfinite(picture).all()
        assert low <= picture.min() and picture.max() <= high, (name, picture.min(), picture.max())


@given(case=folders())
@few(12)
def test_folders(case):
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        drive(case, Path(folder))
    others = [w for w in caught if not issubclass(w.category, UserWarning)]
    others = [w for w in others if "__array__" not in str(w.message)]
    assert not others, [str(w.message) for w in others]


def drive(case, root):
    keras.utils.set_random_seed(case["seed"])
    paths, flawed = write(case, root)
    condition, target = (KINDS[kind] for kind in case["kinds"])
    flaws = {flaw for flaw, _, _ in case["flaws"]}
    skips = "on_error" in case["options"]
    sound = [number for number in range(len(paths)) if number not in flawed]
    if skips:
        pairs = case["pairs"]
        sound = [number for number in sound if not is_too_small(pairs[number], case["options"])]
    wrong = bool(flawed) and (not skips or "twin" in flaws or not sound)
    try:
        dataset = PairDataset.from_folders(
            root / "conditions",
            root / "targets",
            formats=(condition.format, target.format),
            **case["options"],
        )
        assert str(dataset.audit())
        dataset.preview()
        model = model_of((dataset[0][0].shape[-1], dataset[0][1].shape[-1]))
        history = model.fit(dataset, verbose=0).history
    except (ValueError, FileNotFoundError) as error:
        note(str(error))
        if wrong:
            event("refused: a flaw")
            names = [path.name for number in flawed for path in paths[number]]
            names += [unicodedata.normalize("NFC", name) for name in names]
            # A folder may be left without any file, and options are looked at first.
            names += ["targets has no images", "conditions has no images"]
            names += ["image_size"] * may_be_refused(case)
            check_refusal(error, names)
        else:
            event("refused: options")
            assert may_be_refused(case), f"refused: {error}"
            check_refusal(error, ["image_size", "batch_size", "cache", "resize"])
        return
    assert not wrong, f"a flaw was not noticed: {case['flaws']}"
    event(f"trained on {case['kinds'][1]}")
    assert len(dataset.numbers) == len(sound)
    assert all(np.isfinite(values).all() for values in history.values()), history
    assert all(np.isfinite(numpy(v)).all() for v in model.trainable_variables)
    formats = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model.formats)
    )
    assert repr(formats[1]) == repr(model.formats[1])

    done = model.translate_files(root / "conditions", root / "pictures")
    made = {str(p.relative_to(root / "pictures").with_suffix("")): p for p in done.written}
    translated = 0
    for number in sound:
        path = paths[number][0]
        picture = model.translate(path)
        check_picture(picture, target, case["pairs"][number]["size"], path.name)
        name = str(path.relative_to(root / "conditions").with_suffix(""))
        stored = read_image(made[name], getattr(target.format, "palette_indices", False))
        np.testing.assert_array_equal(stored, picture)
        translated += 1
    assert len(done.written) >= translated
    for path, reason in done.broken:
        assert Path(path) in [paths[number][0] for number in flawed]
        assert Path(path).name in reason, reason
