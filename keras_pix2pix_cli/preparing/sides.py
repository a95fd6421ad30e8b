"""Put a condition and a target into one picture."""

import numpy as np


def side_by_side(condition: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return condition and target beside each other, in the wider type and the more channels.

    Gray is repeated to three channels. Beside an image with an alpha channel, the other one gets an
    opaque one. 8 bits become 16 beside 16.

    Args:
        condition: array of shape `(height, width, channels)`.
        target: the same for the target.

    Returns:
        An array of shape `(height, 2 * width, channels)`.

    Raises:
        ValueError: if they differ in size, or cannot be brought into one type.
    """
    if condition.shape[:2] != target.shape[:2]:
        raise ValueError(
            "condition and target must have the same height and width. Received: "
            f"{condition.shape[:2]} and {target.shape[:2]}"
        )
    sides = [condition, target]
    if {side.dtype for side in sides} == {np.dtype("uint8"), np.dtype("uint16")}:
        sides = [
            side if side.dtype == "uint16" else side.astype("uint16") * np.uint16(257)
            for side in sides
        ]
    colors = any(side.shape[-1] in (3, 4) for side in sides)
    alpha = any(side.shape[-1] in (2, 4) for side in sides)
    if all(side.shape[-1] <= 4 for side in sides) and sides[0].shape != sides[1].shape:
        sides = [_with_channels(side, colors, alpha) for side in sides]
    if sides[0].dtype != sides[1].dtype or sides[0].shape != sides[1].shape:
        raise ValueError(
            f"{sides[0].dtype} of {sides[0].shape[-1]} channels and {sides[1].dtype} of "
            f"{sides[1].shape[-1]} do not fit into one picture. Use --layout folders."
        )
    return np.concatenate(sides, axis=1)


def _with_channels(image: np.ndarray, colors: bool, alpha: bool) -> np.ndarray:
    """Return an image in gray or in colors, with or without an alpha channel."""
    parts = [image]
    if image.shape[-1] in (2, 4):
        parts = [image[..., :-1], image[..., -1:]]
    if colors and parts[0].shape[-1] == 1:
        parts[0] = np.repeat(parts[0], 3, axis=-1)
    if alpha and len(parts) == 1:
        opaque = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
        parts.append(np.full_like(image[..., :1], opaque))
    return np.concatenate(parts, axis=-1)
