"""Named sets of pairs."""

from pathlib import Path

from keras_pix2pix.data.pairs import PairDataset

SAMPLES = Path(__file__).parent / "samples"
# Of PASCAL-S's 850 pairs, the last tenth is kept for validation.
VALIDATION_SHARE = 0.1


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
    kwargs = {
        "interpolation": ("nearest" if condition == "mask" else "bicubic", "bicubic"),
        "image_size": image_size,
        **kwargs,
    }
    augment = kwargs.pop("augment", True)
    return tuple(
        PairDataset.from_folders(
            SAMPLES / part / condition, SAMPLES / part / "render", augment=augmented, **kwargs
        )
        for part, augmented in (("train", augment), ("val", False))
    )


def load_pascal_s(root, image_size=256, **kwargs):
    """PASCAL-S: salient-object mask -> photo, the reference task.

    850 photos of PASCAL VOC 2010 with masks whose grey is the share of annotators that marked the
    pixel. The last tenth, by number, is for validation. The archive is distributed by its authors;
    unpack it so that `root` holds `datasets/imgs/pascal/*.jpg` and `datasets/masks/pascal/*.png`.

    Args:
        root: path of the unpacked archive.
        image_size: int or tuple `(height, width)`. Defaults to `256`.
        **kwargs: as for `PairDataset`; `augment` is for the training pairs alone and defaults to
            `True`.

    Returns:
        Two `PairDataset`: training and validation.

    Raises:
        ValueError: if the folders are not there, or photos and masks do not pair.

    Example:

    ```python
    train, val = load_pascal_s("salObj", image_size=128)
    ```

    References:
        Li et al. 2014, The Secrets of Salient Object Segmentation, arXiv 1406.2807.
    """
    root = Path(root)
    folders = root / "datasets/masks/pascal", root / "datasets/imgs/pascal"
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(
                f"{root} is not laid out as PASCAL-S: there is no folder {folder}. Unpack the "
                "archive there, or use PairDataset.from_folders for two folders of your own."
            )
    kwargs = {"interpolation": ("nearest", "bicubic"), "image_size": image_size, **kwargs}
    augment = kwargs.pop("augment", True)
    everything = PairDataset.from_folders(*folders, **kwargs)
    count = len(everything.sides[0])
    kept = count - max(1, round(count * VALIDATION_SHARE))
    kwargs.setdefault("channels", everything.channels)
    return tuple(
        PairDataset(*(side[part] for side in everything.sides), augment=augmented, **kwargs)
        for part, augmented in ((slice(kept), augment), (slice(kept, None), False))
    )
