"""Milliseconds of a picture, beside the same network in plain PyTorch.

    python benchmarks/inference.py pictures --network paper lean --size 128 256
    python benchmarks/inference.py first --size 256

pictures  Keras' `predict_on_batch` on each backend, and ONNX Runtime (`engine="onnx"`), in turns
          with PyTorch in evaluation mode; a factor above 1 is faster than PyTorch
first     seconds until a fresh process has the first picture of a saved model
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from turns import (
    NETWORKS,
    Worker,
    add_options,
    answer,
    depth_of,
    drawn,
    machine,
    spread,
    steps_for,
)

ONNX = "tensorflow+onnx"
FIRST = """
import sys

import numpy as np

import keras

import keras_pix2pix

size = int(sys.argv[2])
model = keras.saving.load_model(sys.argv[1], compile=False)
model.translate(np.zeros((size, size, 3), "uint8"))
"""


def main():
    arguments = parse_arguments()
    if arguments.worker:
        return work(arguments)
    lines = [f"{machine()}\n"]
    for network in arguments.network:
        for size in arguments.size:
            if arguments.part == "first":
                lines += [*first(arguments, network, size), ""]
            else:
                for batch in arguments.batch:
                    lines += [*compared(arguments, (network, size, batch)), ""]
    print("\n".join(lines))
    if arguments.output:
        Path(arguments.output).write_text("\n".join(lines))


def compared(arguments, work):
    names = ["plain", *arguments.backend]
    # TensorFlow writes the file, so it measures the engine.
    names += [ONNX] if "tensorflow" in names else []
    workers = {name: Worker(name, *work) for name in names}
    turns = [
        {name: worker.ask("seconds") for name, worker in workers.items()}
        for _ in range(arguments.rounds)
    ]
    yield "{}, {} pixels, batch size {}:\n".format(*work)
    yield "| | milliseconds a picture | times as fast as PyTorch |"
    yield "| --- | --- | --- |"
    for name, worker in workers.items():
        milliseconds = 1000 * statistics.median(turn[name] for turn in turns)
        factor = "1" if name == "plain" else spread([turn["plain"] / turn[name] for turn in turns])
        yield f"| {name} | {milliseconds:.1f} | {factor} |"
        worker.end()


def work(arguments):
    (network,), (size,), (batch,) = arguments.network, arguments.size, arguments.batch
    name, *engine = arguments.worker.split("+")
    images = drawn(size, batch)[0]
    run = plain(network, size, images) if name == "plain" else ours(network, size, images, *engine)

    def seconds(count):
        begun = time.perf_counter()
        for _ in range(count):
            run()
        return (time.perf_counter() - begun) / count / batch

    seconds(2)
    count = steps_for(2 * batch * seconds(2))
    answer({"seconds": lambda: seconds(count)})


def plain(network, size, images):
    import torch
    from plain import unet

    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = unet(depth_of(size), NETWORKS[network]).eval().to(device)

    def run():
        with torch.inference_mode():
            given = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).contiguous()
            return generator(given).cpu()

    return run


def ours(network, size, images, engine=None):
    model = model_of(network, size)
    if engine:
        from keras_pix2pix.inference.engine import engine_of

        generate = engine_of(model, engine)
        return lambda: generate(images)
    return lambda: model.predict_on_batch(images)


def model_of(network, size):
    import keras_pix2pix as kp

    return kp.Pix2Pix(kp.UNetGenerator(depth=depth_of(size), **NETWORKS[network]))


def first(arguments, network, size):
    yield f"Seconds until the first picture, {network}, {size} pixels:\n"
    yield "| | seconds |"
    yield "| --- | --- |"
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.keras"))
        model_of(network, size).save(path)
        for backend in arguments.backend:
            times = []
            for _ in range(arguments.rounds):
                begun = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-c", FIRST, path, str(size)],
                    env={"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ | {"KERAS_BACKEND": backend},
                    check=True,
                    capture_output=True,
                )
                times.append(time.perf_counter() - begun)
            yield f"| {backend} | {spread(times)} |"


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("part", nargs="?", default="pictures", choices=["pictures", "first"])
    add_options(add)
    return parser.parse_args()


if __name__ == "__main__":
    main()
