"""Match the images of several folders by their names."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from keras_pix2pix.data.files.messages import printable_path


def in_one_encoding(images: Mapping[str, str]) -> dict[str, str]:
    """Return images by name, where names that look the same are the same.

    macOS takes an accent for a character of its own (NFD), other systems do not (NFC).

    Args:
        images: dict from name to path.
    """
    composed = {unicodedata.normalize("NFC", name): path for name, path in images.items()}
    return composed if len(composed) == len(images) else dict(images)


def match_names(folders: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """Return the names that all folders have, and a message for every other image.

    Args:
        folders: sequence of dicts from name to path, one for each folder.

    Returns:
        A tuple of the common names, in the order of the first folder, and the messages.
    """
    names = [name for name in folders[0] if all(name in images for images in folders[1:])]
    common = set(names)
    unmatched = [
        f"{printable_path(path)} has no partner of the same name"
        for images in folders
        for name, path in images.items()
        if name not in common
    ]
    return names, unmatched


def suggest_match(folders: Sequence[Mapping[str, str]]) -> str:
    """Return a sentence that says how to make the names match.

    Args:
        folders: as for `match_names`.
    """
    patterns = suffix_patterns(folders)
    if patterns:
        return f"All names in a folder have the same ending: try patterns={patterns!r}."
    first, second = ({name.lower() for name in images} for images in folders[:2])
    if len(first & second) > len(folders[0].keys() & folders[1].keys()):
        return "Some names differ only in upper and lower case."
    return "Remove or complete them, or leave them out with on_error='skip'."


def suffix_patterns(folders: Sequence[Mapping[str, str]]) -> tuple[str, ...] | None:
    """Return regular expressions of the names without the ending that a folder's names share.

    Args:
        folders: as for `match_names`.

    Returns:
        A tuple of a pattern for each folder, or `None` if the endings make no difference.
    """
    endings = [_common_ending(list(images)) for images in folders]
    # Digits at the front belong to the numbers of the images: 10, 20 and 30 all end in 0.
    endings = [re.sub(r"^\d+", "", ending) for ending in endings]
    if endings[0] == endings[1] or len(folders[0]) < 2:
        return None
    return tuple(f"(.+){re.escape(ending)}$" for ending in endings)


def _common_ending(names: Sequence[str]) -> str:
    first = names[0]
    length = 0
    while length < len(first) and all(name.endswith(first[-length - 1 :]) for name in names):
        length += 1
    return first[len(first) - length :]
