"""Seconds and memory of a training step, beside the same work in plain PyTorch.

    python benchmarks/train_step.py --backend all
    python benchmarks/train_step.py --backend torch --size 128 --batch 1 8 --network lean

Each backend, and plain PyTorch, is a process of its own. They take their turns, a few steps each,
while the others wait. A ratio is that of a turn of ours to the turn of PyTorch before it; the table
has the median of all turns, and their range. Memory is the most that a process had, less what it
had before the networks were made. With --output, the tables become a part of a page.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from memory import now, peak

BACKENDS = ("tensorflow", "torch", "jax")
# The paper's U-Net, and the one of `kp.recipes.sharp` with 32 filters.
NETWORKS = {
    "paper": {"filters": 64, "max_filters": 512},
    "lean": {
        "filters": 32,
        "max_filters": 128,
        "upsampling": "nearest",
        "plain_levels": 3,
        "dropout": 0.0,
    },
}
VARIANTS = ("plain", "compiled", "channels_last")


def main():
    arguments = parse_arguments()
    if arguments.worker:
        return work(arguments)
    backends = BACKENDS if arguments.backend == ["all"] else arguments.backend
    lines = [f"{machine()}\n"]
    for network in arguments.network:
        for size in arguments.size:
            for batch in arguments.batch:
                lines += [f"{network}, {size} pixels, batch size {batch}:\n"]
                lines += [*compared(arguments, backends, (network, size, batch)), ""]
                print("\n".join(lines[-9:]), flush=True)
    if arguments.output:
        Path(arguments.output).write_text("\n".join(lines))


def compared(arguments, backends, work):
    """The table of one kind of work."""
    names = ["plain", *backends, *arguments.also]
    workers = {name: Worker(name, *work) for name in names}
    rounds = []
    for _ in range(arguments.rounds):
        rounds.append({name: worker.ask("steps") for name, worker in workers.items()})
        rounds[-1]["products"] = workers["plain"].ask("products")
    operations = workers["plain"].ask("operations")
    yield "| | seconds a step | ratio | share of matrix products' rate | memory, GB |"
    yield "| --- | --- | --- | --- | --- |"
    rate = statistics.median(turn["products"] for turn in rounds)
    for name, worker in workers.items():
        seconds = statistics.median(turn[name] for turn in rounds)
        ratio = spread([turn[name] / turn["plain"] for turn in rounds])
        share = operations / seconds / rate
        yield (
            f"| {name} | {seconds:.3f} | {'1' if name == 'plain' else ratio} | {share:.0%} | "
            f"{worker.ask('memory'):.2f} |"
        )
        worker.end()
    yield f"\n{operations / 1e9:.1f} GFLOP a step; matrix products: {rate / 1e9:.0f} GFLOP/s."


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


class Worker:
    """A process that does one kind of work when it is asked to."""

    def __init__(self, name, network, size, batch):
        command = [sys.executable, __file__, "--worker", name, "--network", network]
        command += ["--size", str(size), "--batch", str(batch)]
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ
        if name in BACKENDS:
            environment["KERAS_BACKEND"] = name
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment
        )
        self.ask("ready")

    def ask(self, question):
        print(question, file=self.process.stdin, flush=True)
        while line := self.process.stdout.readline():
            if line.startswith("answer "):
                return json.loads(line.removeprefix("answer "))
        raise RuntimeError(f"The process {self.process.args} has ended.")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def work(arguments):
    """Answer the questions of the process that has started this one."""
    (network,), (size,), (batch,) = arguments.network, arguments.size, arguments.batch
    ours = arguments.worker in BACKENDS
    side = (Ours if ours else Plain)(network, size, batch, arguments.worker)
    answers = {"ready": lambda: True, "memory": lambda: peak() - side.idle}
    for line in sys.stdin:
        question = line.strip()
        answer = answers.get(question) or getattr(side, question)
        print("answer", json.dumps(answer()), flush=True)


def drawn(size, batch):
    """Conditions and targets: noise in [-1, 1]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, batch, size, size, 3)).astype("float32")


def depth_of(size):
    return min(8, size.bit_length() - 1)


def steps_for(seconds):
    """Turns of about four seconds."""
    return max(2, min(50, round(4 / seconds)))


class Ours:
    """A compiled `Pix2Pix`, trained by `fit`."""

    def __init__(self, network, size, batch, _):
        import keras

        import keras_pix2pix as kp

        self.idle = now()
        options = {"depth": depth_of(size), **NETWORKS[network]}
        self.model = kp.Pix2Pix(kp.UNetGenerator(**options), kp.PatchDiscriminator())
        self.model.compile()
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
    """The same networks and losses in plain PyTorch, eager unless its name says otherwise."""

    def __init__(self, network, size, batch, variant):
        import plain
        import torch

        self.idle = now()
        options = dict(NETWORKS[network])
        options["most"] = options.pop("max_filters")
        options["nearest"] = options.pop("upsampling", None) == "nearest"
        self.training = plain.Training(plain.UNet(depth_of(size), **options))
        self.images = [torch.from_numpy(side).permute(0, 3, 1, 2) for side in drawn(size, batch)]
        networks = self.training.generator, self.training.discriminator
        if variant == "channels_last":
            for module in networks:
                module.to(memory_format=torch.channels_last)
        else:
            self.images = [image.contiguous() for image in self.images]
        if variant == "compiled":
            for module in networks:
                module.compile()
        self.torch = torch
        self.run(2)
        self.count = steps_for(self.run(2))

    def run(self, count):
        begun = time.perf_counter()
        for _ in range(count):
            self.training.step(*self.images)
        return (time.perf_counter() - begun) / count

    def steps(self):
        return self.run(self.count)

    def operations(self):
        """FLOP of a step: two for each multiplication of a convolution."""
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            self.training.step(*self.images)
        return counter.get_total_flops()

    def products(self):
        """FLOP a second of the product of two matrices."""
        side = 2048
        one = self.torch.rand(side, side)
        one @ one
        begun = time.perf_counter()
        for _ in range(3):
            one @ one
        return 3 * 2 * side**3 / (time.perf_counter() - begun)


def machine():
    """Date, processor and versions."""
    from importlib.metadata import version

    facts = Path("/proc/cpuinfo").read_text()
    name = re.search("model name\\s*: (.*)", facts)[1]
    flags = set(re.search("flags\\s*: (.*)", facts)[1].split())
    wide = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if f in flags]
    packages = ", ".join(f"{p} {version(p)}" for p in ("keras", *BACKENDS))
    today = datetime.date.today()
    cores = len(os.sched_getaffinity(0))
    return f"{today}, {name}, {cores} cores ({', '.join(wide)}), {platform.system()}; {packages}."


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--backend", nargs="+", default=["all"], choices=[*BACKENDS, "all"])
    add("--network", nargs="+", default=["paper"], choices=NETWORKS)
    add("--size", nargs="+", type=int, default=[256], help="pixels")
    add("--batch", nargs="+", type=int, default=[1, 8])
    add("--rounds", type=int, default=5, help="turns of each")
    add("--also", nargs="+", default=[], choices=VARIANTS[1:], help="other ways of PyTorch")
    add("--output", help="a Markdown file for the tables")
    add("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
