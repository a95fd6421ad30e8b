"""Seconds of a training step in one process and in two of torchrun, with the same global batch.

    python benchmarks/devices.py
    python benchmarks/devices.py --network paper --size 256 --batch 4

Each process has one thread, so that two have twice the processors of one. They exchange gradients
through gloo, in the memory of one machine. One and two take turns; the table has the median of all
steps but the first ones, and its range over the turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from turns import NETWORKS, depth_of, spread

# Those in which PyTorch chooses its kernels.
FIRST_STEPS = 3


def main():
    arguments = parse_arguments()
    if arguments.worker:
        return work(arguments)
    turns = [[measured(count, sys.argv[1:]) for count in (1, 2)] for _ in range(arguments.rounds)]
    print(f"{arguments.network}, {arguments.size} pixels, batch size {arguments.batch}:")
    for count, seconds in enumerate(zip(*turns), 1):
        print(f"{count} processes: {spread(seconds)} s a step")
    print(f"two are {spread([one / two for one, two in turns])} times as fast as one")


def measured(count, options):
    """The seconds of a step in so many processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(count), __file__, *options, "--worker"]
    environment = os.environ | {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def work(arguments):
    """Train a few steps, and print the time of one in the first process."""
    import keras
    import numpy as np
    import torch

    import keras_pix2pix as kp

    torch.distributed.init_process_group("gloo")
    shape = (arguments.batch * arguments.steps, arguments.size, arguments.size, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")
    pairs = kp.data.PairDataset(images, images, batch_size=arguments.batch, shuffle=True)
    keras.utils.set_random_seed(0)
    model = kp.Pix2Pix(
        kp.UNetGenerator(depth=depth_of(arguments.size), **NETWORKS[arguments.network]),
        kp.PatchDiscriminator(),
    )
    model.compile()
    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
    )
    clock.every_process = True
    model.fit(pairs, verbose=0, callbacks=[clock])
    if torch.distributed.get_rank() == 0:
        print(json.dumps(statistics.median(np.diff(ends[FIRST_STEPS:]))))
    torch.distributed.destroy_process_group()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--network", choices=NETWORKS, default="lean")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=4, help="of all processes together")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
