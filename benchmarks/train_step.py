"""Seconds and memory of a training step, beside the same work in plain PyTorch.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --backend torch --size 128 --batch 1 8 --network lean
    python benchmarks/train_step.py --size 64 128 256 512 --also plain+compiled torch+mixed

Each backend, and plain PyTorch, is a process of its own. They take their turns, a few steps each,
while the others wait. A ratio is that of a turn of ours to the turn of PyTorch before it; the table
has the median of all turns, and their range. Memory is the most that a process had, less what it
had before the networks were made; growth is what it has after the last turn, less what it had after
the first one. With several sizes, the last line says how the time grows with the size.

`--also` takes names with options: `mixed` (mixed precision) and `jit` (`jit_compile=True`) behind a
backend, and `amp`, `channels_last` and `compiled` behind `plain`. A GPU is used where there is one;
memory is that of the host, and PyTorch has its batch on the GPU before the clock starts.
"""

import argparse
import math
import statistics
import time
from pathlib import Path

import numpy as np
from memory import now, peak
from turns import (
    BACKENDS,
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

# What may stand behind a name.
OPTIONS = {"plain": {"amp", "channels_last", "compiled"}}
OPTIONS |= {backend: {"mixed", "jit"} for backend in BACKENDS}


def main():
    arguments = parse_arguments()
    if arguments.worker:
        return work(arguments)
    for name in arguments.also:
        first, *options = name.split("+")
        if first not in OPTIONS or not set(options) <= OPTIONS[first]:
            raise SystemExit(f"--also {name}: the names and their options are {OPTIONS}")
    names = ["plain", *arguments.backend, *arguments.also]
    lines = [f"{machine()}\n"]
    for network in arguments.network:
        for batch in arguments.batch:
            seconds = []
            for size in arguments.size:
                lines += [f"{network}, {size} pixels, batch size {batch}:\n"]
                table, found = compared(arguments.rounds, names, (network, size, batch))
                seconds.append(found)
                lines += [*table, ""]
                print("\n".join(lines[-len(table) - 2 :]), flush=True)
            if len(seconds) > 1:
                lines += [growth(arguments.size, seconds), ""]
                print(lines[-2], flush=True)
    if arguments.output:
        Path(arguments.output).write_text("\n".join(lines))


def compared(rounds, names, work):
    """The table of one kind of work, and the seconds of each name."""
    workers = {name: Worker(name, *work) for name in names}
    turns, resident = [], []
    for _ in range(rounds):
        turns.append({name: worker.ask("steps") for name, worker in workers.items()})
        resident.append({name: worker.ask("resident") for name, worker in workers.items()})
        turns[-1]["products"] = workers["plain"].ask("products")
    operations = workers["plain"].ask("operations")
    rate = statistics.median(turn["products"] for turn in turns)
    table = [
        "| | seconds a step | ratio | share of matrix products' rate | memory, GB | growth, GB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    seconds = {}
    for name, worker in workers.items():
        seconds[name] = statistics.median(turn[name] for turn in turns)
        ratio = "1" if name == "plain" else spread([turn[name] / turn["plain"] for turn in turns])
        share = operations / seconds[name] / rate
        memory = worker.ask("memory")
        grown = resident[-1][name] - resident[0][name]
        cells = name, f"{seconds[name]:.3f}", ratio, f"{share:.0%}", f"{memory:.2f}", f"{grown:.2f}"
        table.append(f"| {' | '.join(cells)} |")
        worker.end()
    table.append(
        f"\n{operations / 1e9:.1f} GFLOP a step; matrix products: {rate / 1e9:.0f} GFLOP/s."
    )
    return table, seconds


def growth(sizes, seconds):
    """The power of the size with which the time grows, between the last two sizes."""
    steps = math.log(sizes[-1] / sizes[-2])
    powers = {name: math.log(seconds[-1][name] / seconds[-2][name]) / steps for name in seconds[-1]}
    named = ", ".join(f"{name} {power:.2f}" for name, power in powers.items())
    return (
        f"From {sizes[-2]} to {sizes[-1]} pixels, the time grows as the size to the power {named}."
    )


def work(arguments):
    (network,), (size,), (batch,) = arguments.network, arguments.size, arguments.batch
    name, *options = arguments.worker.split("+")
    side = (Plain if name == "plain" else Ours)(network, size, batch, options)
    answers = {"memory": lambda: peak() - side.idle, "resident": now, "steps": side.steps}
    if name == "plain":
        answers |= {"operations": side.operations, "products": side.products}
    answer(answers)


class Ours:
    """A compiled `Pix2Pix`, trained by `fit`."""

    def __init__(self, network, size, batch, options):
        import keras

        import keras_pix2pix as kp

        self.idle = now()
        if "mixed" in options:
            keras.mixed_precision.set_global_policy("mixed_float16")
        unet = {"depth": depth_of(size), **NETWORKS[network]}
        self.model = kp.Pix2Pix(kp.UNetGenerator(**unet), kp.PatchDiscriminator())
        self.model.compile(**{"jit_compile": True} if "jit" in options else {})
        self.data = list(drawn(size, batch))
        self.batch, self.keras = batch, keras
        self.fit(2)
        self.count = steps_for(self.fit(2))

    def fit(self, count):
        clock = Clock(self.keras)
        data = (np.concatenate([side] * count) for side in self.data)
        self.model.fit(*data, batch_size=self.batch, verbose=0, callbacks=[clock.callback])
        return (time.perf_counter() - clock.begun) / count

    def steps(self):
        return self.fit(self.count)


class Clock:
    """When the first step of an epoch began. What `fit` does before is done once a training."""

    def __init__(self, keras):
        self.callback = keras.callbacks.LambdaCallback(on_epoch_begin=self.start)

    def start(self, epoch, logs):
        self.begun = time.perf_counter()


class Plain:
    """The same networks and losses in plain PyTorch, eager unless its options say otherwise."""

    def __init__(self, network, size, batch, options):
        import plain
        import torch

        self.torch, self.idle = torch, now()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.training = plain.Training(plain.unet(depth_of(size), NETWORKS[network]), device)
        self.images = [
            torch.from_numpy(side).to(device).permute(0, 3, 1, 2) for side in drawn(size, batch)
        ]
        networks = self.training.generator, self.training.discriminator
        if "channels_last" in options:
            for module in networks:
                module.to(memory_format=torch.channels_last)
        else:
            self.images = [image.contiguous() for image in self.images]
        if "compiled" in options:
            for module in networks:
                module.compile()
        self.precision = torch.autocast(device, enabled="amp" in options)
        self.device = device
        self.run(2)
        self.count = steps_for(self.run(2))

    def run(self, count):
        begun = time.perf_counter()
        for _ in range(count):
            self.training.step(*self.images, self.precision)
        self.wait()
        return (time.perf_counter() - begun) / count

    def wait(self):
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def steps(self):
        return self.run(self.count)

    def operations(self):
        """FLOP of a step: two for each multiplication of a convolution."""
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            self.training.step(*self.images, self.precision)
        return counter.get_total_flops()

    def products(self):
        """FLOP a second of the product of two matrices."""
        side = 2048
        one = self.torch.rand(side, side, device=self.device)
        one @ one
        self.wait()
        begun = time.perf_counter()
        for _ in range(3):
            one @ one
        self.wait()
        return 3 * 2 * side**3 / (time.perf_counter() - begun)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--also", nargs="+", default=[], metavar="NAME", help="other ways, see above")
    add_options(add)
    return parser.parse_args()


if __name__ == "__main__":
    main()
