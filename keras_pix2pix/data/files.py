"""Finding images in folders."""

import re
from pathlib import Path

from keras_pix2pix.data.images import read_image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


class Half:
    """One half of an image that holds a pair."""

    def __init__(self, path, half):
        self.path = path
        self.half = half

    def __call__(self):
        image = read_image(self.path)
        width = image.shape[1]
        if width % 2:
            raise ValueError(
                f"{self.path} must have an even width to hold two images. Received: {width}"
            )
        return image[:, : width // 2] if self.half == "left" else image[:, width // 2 :]

    def __repr__(self):
        return f"{self.path} ({self.half} half)"


def natural_order(name):
    """A key that sorts 2.png before 10.png."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", str(name))]


def images_by_stem(folder):
    """The images of a folder by name without ending."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        if path.stem in found:
            raise ValueError(
                f"{found[path.stem]} and {path} have the same name but for the ending. Keep one."
            )
        found[path.stem] = path
    if not found:
        raise ValueError(f"{folder} has no images ({', '.join(sorted(SUFFIXES))})")
    return found
