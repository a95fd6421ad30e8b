"""What translating a large image in tiles takes, and what folding batch norm saves.

    KERAS_BACKEND=torch python benchmarks/translate.py tiles --side 16384
    KERAS_BACKEND=torch python benchmarks/translate.py fold

tiles    seconds and peak memory of `translate_files` for one RGB image of that side, of the kind
         that --kind says, in tiles of 512 with a network of a few hundred weights
fold     seconds a picture with batch norm and with it folded into the kernels, in turns
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from memory import peak
from PIL import Image


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=["tiles", "one", "fold"], help="one: what tiles starts")
    parser.add_argument("--side", type=int, default=4096, help="pixels")
    parser.add_argument("--kind", default="npy", choices=["npy", "tif", "png"])
    parser.add_argument("--normalization", default=None, choices=["batch", "instance"])
    parser.add_argument("--source")
    arguments = parser.parse_args()
    if arguments.part == "fold":
        return fold()
    if arguments.part == "one":
        return one(Path(arguments.source), arguments.normalization)
    with tempfile.TemporaryDirectory() as folder:
        source = drawn(Path(folder), arguments.side, arguments.kind)
        # Memory is measured in a process that has done nothing else.
        command = [sys.executable, __file__, "one", "--source", str(source)]
        if arguments.normalization:
            command += ["--normalization", arguments.normalization]
        subprocess.run(command, check=True)


def drawn(folder, side, kind):
    """An RGB image of waves and noise, drawn a few rows at a time."""
    path = folder / f"large.{kind}"
    raw = folder / "large.npy"
    image = np.lib.format.open_memmap(raw, "w+", "uint8", (side, side, 3))
    rng = np.random.default_rng(0)
    columns = np.arange(side)[None, :, None]
    for start in range(0, side, 256):
        rows = np.arange(start, min(start + 256, side))[:, None, None]
        waves = 120 + 60 * np.sin(rows / 37 + np.arange(3)) + 40 * np.cos(columns / 53)
        noise = rng.integers(0, 32, (len(rows), side, 1))
        image[start : start + len(rows)] = (waves + noise).clip(0, 255)
    if kind == "png":
        Image.fromarray(image).save(path, compress_level=1)
    if kind == "tif":
        import tifffile

        tifffile.imwrite(path, image, photometric="rgb")
    return path


def one(source, normalization):
    import keras_pix2pix as kp

    before = peak()
    unet = kp.UNetGenerator(depth=2, filters=4, normalization=normalization)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(receptive_field=1, filters=2))
    begun = time.perf_counter()
    done = model.translate_files(source, source.parent / "out", tile=512, overlap=64)
    seconds = time.perf_counter() - begun
    assert len(done.written) == 1, done.broken
    print(
        f"{os.environ.get('KERAS_BACKEND')}, {source.suffix}, {normalization}: {seconds:.0f} s, "
        f"{peak():.2f} GB at most, {before:.2f} GB of them after the imports"
    )


def fold():
    import keras_pix2pix as kp

    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype="uint8")
    for generator in (
        kp.UNetGenerator(normalization="batch"),
        kp.ResNetGenerator(blocks=6, normalization="batch"),
    ):
        models = [kp.Pix2Pix(generator)]
        models.append(models[0].fold())
        seconds = [[], []]
        for number in range(16):
            for model, times in zip(models, seconds):
                begun = time.perf_counter()
                model.translate(image)
                # The first time, the program is compiled.
                times.extend([time.perf_counter() - begun] * (number > 0))
        plain, folded = map(statistics.median, seconds)
        ranges = [f"({1000 * min(times):.0f} to {1000 * max(times):.0f})" for times in seconds]
        print(
            f"{type(generator).__name__}: {1000 * plain:.0f} ms {ranges[0]} with batch norm, "
            f"{1000 * folded:.0f} ms {ranges[1]} folded, x {plain / folded:.2f}"
        )


if __name__ == "__main__":
    main()
