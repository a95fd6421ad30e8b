"""What an exported model weighs and how fast its runtime is, beside Keras.

    KERAS_BACKEND=tensorflow python benchmarks/export.py    # the model of the README
    KERAS_BACKEND=tensorflow python benchmarks/export.py --depth 8 --filters 64 --size 256

Milliseconds are those of one image with the processing inside, on all cores: the median of rounds
in which every runtime takes its turn, and their range. The distance is the largest from what
`translate` generates, of 255.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

import keras_pix2pix as kp

ROUNDS = 15
FILES = [
    ("ONNX", "onnx", "m.onnx", "float32"),
    ("LiteRT", "litert", "m.tflite", "float32"),
    ("LiteRT", "litert", "half.tflite", "float16"),
    ("LiteRT", "litert", "int8.tflite", "int8"),
    ("OpenVINO", "openvino", "m.xml", "float32"),
    ("SavedModel", "saved_model", "m", "float32"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--filters", type=int, default=24)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    generator = kp.UNetGenerator(depth=arguments.depth, filters=arguments.filters)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=4))
    size = (1, arguments.size, arguments.size, 3)
    image = np.random.default_rng(0).integers(0, 256, size, "uint8")
    with tempfile.TemporaryDirectory() as folder:
        rows = [("Keras, `translate`", "float32", generator.count_params() * 4, model.translate)]
        for name, format, file, weights in FILES:
            path = kp.export(model, Path(folder, file), format, weights=weights)
            rows.append((name, weights, weight(path), loaded(format, path)))
        times = measure([run for *_, run in rows], image, arguments.rounds)
    expected = rows[0][3](image).astype(int)
    print("| | weights | MB | ms | distance |\n| --- | --- | --- | --- | --- |")
    for (name, weights, size, run), taken in zip(rows, times):
        low, middle, high = min(taken), statistics.median(taken), max(taken)
        distance = np.abs(run(image) - expected).max()
        print(
            f"| {name} | {weights} | {size / 1e6:.1f} | {middle:.1f} ({low:.1f} to {high:.1f}) "
            f"| {distance} |"
        )


def weight(path):
    """Bytes of a file, of a folder, or of OpenVINO's two files."""
    files = path.rglob("*") if path.is_dir() else [path]
    if path.suffix == ".xml":
        files = [path, path.with_suffix(".bin")]
    return sum(file.stat().st_size for file in files if file.is_file())


def loaded(format, path):
    """A function from conditions to pictures that calls the runtime of a file."""
    if format == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        return lambda image: session.run(["picture"], {"condition": image})[0]
    if format == "litert":
        from ai_edge_litert.interpreter import Interpreter

        threads = len(os.sched_getaffinity(0))
        runner = Interpreter(str(path), num_threads=threads).get_signature_runner()
        return lambda image: runner(condition=image)["picture"]
    if format == "openvino":
        import openvino

        compiled = openvino.Core().compile_model(path, "CPU")
        return lambda image: compiled({"condition": image})["picture"]
    import tensorflow as tf

    served = tf.saved_model.load(path)
    return lambda image: served.serve(image)["picture"].numpy()


def measure(runs, image, rounds):
    """Milliseconds of every run, a list each, after one that is not counted."""
    times = [[] for _ in runs]
    for turn in range(rounds + 1):
        for run, taken in zip(runs, times):
            start = time.perf_counter()
            run(image)
            if turn:
                taken.append(1000 * (time.perf_counter() - start))
    return times


if __name__ == "__main__":
    main()
