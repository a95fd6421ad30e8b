"""Load named sets of pairs whose conditions are images: masks, drawings or photos."""

from pathlib import Path
from typing import Any

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.geometry import Size
from keras_pix2pix.data.loading.constructors import train_and_validation
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.sets.download import Archive, find_or_download
from keras_pix2pix.types import PathLike

SAMPLES = Path(__file__).parent / "samples"
MAP_SAMPLE = Path(__file__).parent / "map_sample"
MASK = Picture(3, interpolation="nearest")
PHOTO = Picture(3, interpolation="bicubic")
# The share of PASCAL-S's pairs that is for validation.
VALIDATION_SHARE = 0.1

PASCAL_S = Archive("salObj.zip", ("http://cbs.ic.gatech.edu/salobj/download/salObj.zip",))
PIX2PIX_SERVERS = (
    "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets",
    "https://people.eecs.berkeley.edu/~tinghuiz/projects/pix2pix/datasets",
)
# The half that is the condition in the paper's experiments.
PIX2PIX_CONDITIONS = {
    "facades": "right",
    "maps": "left",
    "cityscapes": "right",
    "edges2shoes": "left",
    "edges2handbags": "left",
    "night2day": "left",
}


def load_sample(
    condition: str = "mask", image_size: int | Size | None = 128, **kwargs: Any
) -> tuple[PairDataset, PairDataset]:
    """Load 360 drawn objects from the package: silhouette or outline -> picture.

    They are Fluent Emoji by Microsoft (MIT license) with 128 x 128 pixels on white. 320 pairs are
    for training, and 40 for validation. Masks are exact silhouettes. Outlines have the same pose,
    but do not match every pixel.

    Args:
        condition: `"mask"` or `"outline"`. Defaults to `"mask"`.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `128`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`, training and validation. Conditions and targets have 3
        channels.

    Raises:
        ValueError: for another `condition`.

    Example:

    ```python
    train, val = load_sample(condition="outline")
    ```
    """
    if condition not in ("mask", "outline"):
        raise ValueError(f"condition must be 'mask' or 'outline'. Received: {condition!r}")
    formats = (MASK if condition == "mask" else PHOTO), PHOTO
    options = {"image_size": image_size, "formats": formats, "augment": True, **kwargs}
    return _in_package(SAMPLES, (condition, "render"), options)


def load_map_sample(
    image_size: int | Size | None = 128, **kwargs: Any
) -> tuple[PairDataset, PairDataset]:
    """Load 120 pairs from the package: map -> satellite picture.

    The maps are the shaded relief of Natural Earth. The satellite pictures are NASA's Blue Marble.
    Both are in the public domain. A tile has 128 x 128 pixels of about 7 km. Every tile shows
    another place. 105 pairs are for training. 15 pairs, from all over the world, are for
    validation.

    Args:
        image_size: int or tuple `(height, width)` in pixels. Defaults to `128`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`, training and validation. Conditions and targets have 3
        channels.

    Example:

    ```python
    train, val = load_map_sample()
    ```
    """
    options = {"image_size": image_size, "formats": (PHOTO, PHOTO), "augment": True, **kwargs}
    return _in_package(MAP_SAMPLE, ("map", "satellite"), options)


def _in_package(
    root: Path, sides: tuple[str, str], options: dict[str, Any]
) -> tuple[PairDataset, PairDataset]:
    train, val = (tuple(root / part / side for side in sides) for part in ("train", "val"))
    return train_and_validation(PairDataset.from_folders, train, val, options)


def load_pascal_s(
    root: PathLike,
    image_size: int | Size | None = 256,
    download: bool = False,
    **kwargs: Any,
) -> tuple[PairDataset, PairDataset]:
    """Load PASCAL-S: mask of the salient objects -> photo, the reference task.

    It has 850 photos of PASCAL VOC 2010. The grey value of a mask is the share of annotators who
    marked the pixel. The 10 % with the highest numbers are for validation.

    Args:
        root: path of the unpacked archive, with `datasets/imgs/pascal/*.jpg` and
            `datasets/masks/pascal/*.png`.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `256`.
        download: bool, whether to download the set to `root` if it is missing. Defaults to
            `False`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are missing, or if a photo or a mask has no partner.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_pascal_s("salObj", image_size=128)
    ```

    References:
        Li et al. 2014, The Secrets of Salient Object Segmentation, arXiv 1406.2807.
    """
    masks, photos = "datasets/masks/pascal", "datasets/imgs/pascal"
    root = find_or_download(root, "PASCAL-S", (masks, photos), PASCAL_S, download, ("", "salObj"))
    options = {"image_size": image_size, "formats": (MASK, PHOTO), "augment": True, **kwargs}
    pairs = PairDataset.from_folders(root / masks, root / photos, **options)
    kept = len(pairs.numbers) - max(1, round(len(pairs.numbers) * VALIDATION_SHARE))
    return pairs.subset(slice(kept)), pairs.subset(slice(kept, None), augment=False, shuffle=False)


def load_pix2pix(
    root: PathLike,
    name: str,
    image_size: int | Size | None = 256,
    condition: str | None = None,
    download: bool = False,
    **kwargs: Any,
) -> tuple[PairDataset, PairDataset]:
    """Load one of the sets of the pix2pix paper.

    The sets are facades, maps, cityscapes, edges2shoes, edges2handbags and night2day.

    Args:
        root: path of the unpacked folder, such as `facades`, or of the folder that contains it.
        name: str, name of the set.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `256`.
        condition: `"left"` or `"right"`, the half of each image that is the condition. Defaults to
            `None`, as in the paper: labels -> photo, aerial photo -> map, edges -> photo, and the
            left half of night2day.
        download: bool, whether to download the set to `root` if it is missing. Defaults to
            `False`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`: training and validation. The validation pairs of a set without
        `val` are those of `test`.

    Raises:
        ValueError: for another name, and if the folders are missing.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_pix2pix("datasets", "maps", download=True)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1.
    """
    if name not in PIX2PIX_CONDITIONS:
        raise ValueError(f"name must be one of {', '.join(PIX2PIX_CONDITIONS)}. Received: {name!r}")
    addresses = tuple(f"{server}/{name}.tar.gz" for server in PIX2PIX_SERVERS)
    archive = Archive(f"{name}.tar.gz", addresses)
    folder = find_or_download(root, name, ("train",), archive, download, (name, ""))
    options = {"image_size": image_size, "formats": (PHOTO, PHOTO), "augment": True, **kwargs}
    held_out = "val" if (folder / "val").is_dir() else "test"
    condition = condition or PIX2PIX_CONDITIONS[name]
    return train_and_validation(
        PairDataset.from_side_by_side,
        (folder / "train", condition),
        (folder / held_out, condition),
        options,
    )
