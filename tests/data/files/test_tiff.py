"""TIFF files by rows, and what they take over from another TIFF file."""

import numpy as np
import pytest
import tifffile

from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.files.rows import open_rows
from keras_pix2pix.data.files.tiff import TiffLayout, is_tiff, write_tiff

DOUBLE, SHORT, ASCII = 12, 3, 2
# Pixels of 10 m in UTM zone 33 north.
GEOREFERENCE = [
    (33550, DOUBLE, 3, (10.0, 10.0, 0.0), True),
    (33922, DOUBLE, 6, (0.0, 0.0, 0.0, 300000.0, 5000000.0, 0.0), True),
    (34735, SHORT, 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633), True),
    (34736, DOUBLE, 2, (6378137.0, 298.257223563), True),
    (34737, ASCII, 0, "WGS 84 / UTM zone 33N|", True),
]
TRANSFORMATION = (34264, DOUBLE, 16, tuple(map(float, range(16))), True)


def drawn(dtype, *shape):
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def write(path, image, *cuts, **options):
    write_tiff(path, image.shape, image.dtype, np.split(image, cuts), **options)


def tags(path, codes):
    with tifffile.TiffFile(path) as file:
        found = file.pages.first.tags
        return {code: found[code].value for code in codes if code in found}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 13])
def test_rows_are_read_back(dtype, channels, tmp_path):
    """Bands as tiles make them: of other heights than the strips of the file."""
    image = drawn(dtype, 150, 5, channels)
    write(tmp_path / "a.tif", image, 64, 70, 71, 140)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)
    expected = image[..., 0] if channels == 1 else image
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), expected)


@pytest.mark.parametrize("axes", ["SYX", "CYX"])
def test_channels_that_were_first_are_first(axes, tmp_path):
    photo = drawn("uint8", 4, 7, 9)
    planes = {"planarconfig": "separate"} if axes == "SYX" else {"metadata": {"axes": axes}}
    tifffile.imwrite(tmp_path / "photo.tif", photo, photometric="minisblack", **planes)
    layout = TiffLayout.of(tmp_path / "photo.tif")
    assert layout.channels_first
    image = drawn("uint16", 130, 9, 3)
    write(tmp_path / "a.tif", image, 64, 100, layout=layout)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), np.moveaxis(image, -1, 0))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)
    # One channel has no order.
    write(tmp_path / "grey.tif", image[..., :1], layout=layout)
    assert tifffile.imread(tmp_path / "grey.tif").shape == (130, 9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "grey.tif", "photo.tif"]


def test_georeference_resolution_and_storage_are_taken_over(tmp_path):
    options = {"resolution": (96.0, 48.0), "resolutionunit": "CENTIMETER", "metadata": None}
    for name, reference in (("a", GEOREFERENCE), ("b", [TRANSFORMATION])):
        tifffile.imwrite(
            tmp_path / f"{name}.tif", drawn("uint8", 7, 9), extratags=reference, **options
        )
        layout = TiffLayout.of(tmp_path / f"{name}.tif")
        write(tmp_path / f"{name}_.tif", drawn("float32", 7, 9, 1), layout=layout)
        expected = {code: value for code, _, _, value, _ in reference}
        assert tags(tmp_path / f"{name}_.tif", (*range(33000, 35000), 42113)) == expected
    with tifffile.TiffFile(tmp_path / "a_.tif") as file:
        page = file.pages.first
        assert (page.compression, page.tags[296].value) == (1, 3)
        assert page.geotiff_tags["ProjectedCSTypeGeoKey"] == 32633
        assert page.get_resolution() == (96.0, 48.0)
    # It is not compressed, so it can be read by rows.
    assert open_rows(tmp_path / "a_.tif")[2:4].shape == (2, 9, 1)


def test_compressed_stays_compressed(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", drawn("uint8", 7, 9), compression="zlib")
    flat = np.zeros((200, 200, 1), "uint8")
    write(tmp_path / "b.tif", flat, layout=TiffLayout.of(tmp_path / "a.tif"))
    assert (tmp_path / "b.tif").stat().st_size < flat.nbytes / 20


@pytest.mark.parametrize(
    ("nodata", "dtype", "kept"),
    [
        ("-9999", "int16", True),
        ("-9999", "float32", True),
        ("-9999", "uint8", False),
        ("255", "uint8", True),
        ("nan", "float32", True),
        ("nan", "uint16", False),
        ("0.5", "uint16", False),
        ("none", "float32", False),
    ],
)
def test_a_value_without_data_is_named_where_the_dtype_can_hold_it(nodata, dtype, kept, tmp_path):
    layout = TiffLayout([], nodata, {}, False, False)
    write(tmp_path / "a.tif", drawn(dtype, 3, 4, 1), layout=layout)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        tag = file.pages.first.tags.get(42113)
    assert (str(tag.value) if tag else None) == (nodata if kept else None)


def test_alpha_is_declared(tmp_path):
    image = drawn("uint8", 5, 6, 4)
    write(tmp_path / "a.tif", image, alpha=True)
    write(tmp_path / "b.tif", image)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages.first.extrasamples == (2,)
        assert file.pages.first.photometric.name == "RGB"
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert 2 not in file.pages.first.extrasamples
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)


def test_which_files_are_tiff(tmp_path):
    assert is_tiff("a/b.TIF") and is_tiff(tmp_path / "b.tiff") and is_tiff(".tif")
    assert not is_tiff("tif") and not is_tiff("a.tif.png")


def test_larger_files_are_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_pix2pix.data.files.tiff.LARGEST", 5 * 6 * 2 - 1)
    image = drawn("uint16", 5, 6, 1)
    for name, size in (("small", 5), ("large", 6)):
        write(tmp_path / f"{name}.tif", image[:, :size])
        with tifffile.TiffFile(tmp_path / f"{name}.tif") as file:
            assert file.is_bigtiff == (name == "large")
        np.testing.assert_array_equal(read_image(tmp_path / f"{name}.tif"), image[:, :size])
