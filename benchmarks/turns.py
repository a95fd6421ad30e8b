"""Kinds of work that take their turns, each in a process of its own, and what machine did them.

A script makes a `Worker` for each kind, and asks it. In the process of the worker, the same script
is called with `--worker`, and answers by `answer`.
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
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

# Those of Keras that are installed.
BACKENDS = [name for name in ("tensorflow", "torch", "jax") if find_spec(name)]
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


class Worker:
    """A process that does one kind of work when it is asked to.

    Args:
        name: a backend or `"plain"`, with options behind it, such as `"torch+mixed"`.
        network: one of `NETWORKS`.
        size: int, the side of the images in pixels.
        batch: int.
    """

    def __init__(self, name: str, network: str, size: int, batch: int) -> None:
        command = [sys.executable, sys.argv[0], "--worker", name, "--network", network]
        command += ["--size", str(size), "--batch", str(batch)]
        # All share a GPU, of which TensorFlow and JAX would take nearly all memory each.
        shared = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3"} | shared | os.environ
        backend = name.split("+")[0]
        if backend in BACKENDS:
            environment["KERAS_BACKEND"] = backend
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment
        )
        self.ask("ready")

    def ask(self, question: str):
        print(question, file=self.process.stdin, flush=True)
        while line := self.process.stdout.readline():
            if line.startswith("answer "):
                return json.loads(line.removeprefix("answer "))
        raise RuntimeError(f"The process {self.process.args} has ended.")

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def answer(answers: dict[str, Callable]) -> None:
    """Answer the questions of the process that has started this one."""
    answers = {"ready": lambda: True, **answers}
    for line in sys.stdin:
        print("answer", json.dumps(answers[line.strip()]()), flush=True)


def spread(values: list[float]) -> str:
    """The median and the range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def drawn(size: int, batch: int) -> np.ndarray:
    """Conditions and targets: noise in [-1, 1]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, batch, size, size, 3)).astype("float32")


def depth_of(size: int) -> int:
    return min(8, size.bit_length() - 1)


def steps_for(seconds: float) -> int:
    """Turns of about four seconds."""
    return max(2, min(50, round(4 / seconds)))


def machine() -> str:
    """Date, processor, GPU and versions."""
    import torch

    facts = Path("/proc/cpuinfo").read_text()
    name = re.search("model name\\s*: (.*)", facts)[1]
    if torch.cuda.is_available():
        name = f"{torch.cuda.get_device_name()}, {name}"
    flags = set(re.search("flags\\s*: (.*)", facts)[1].split())
    wide = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if f in flags]
    packages = ", ".join(f"{p} {version(p)}" for p in ("keras", *BACKENDS))
    today = datetime.date.today()
    cores = len(os.sched_getaffinity(0))
    return f"{today}, {name}, {cores} cores ({', '.join(wide)}), {platform.system()}; {packages}."


def add_options(add: Callable) -> None:
    """Add what all kinds of work are asked for."""
    add("--backend", nargs="+", default=BACKENDS, choices=BACKENDS, metavar="NAME")
    add("--network", nargs="+", default=["paper"], choices=NETWORKS)
    add("--size", nargs="+", type=int, default=[256], help="pixels")
    add("--batch", nargs="+", type=int, default=[1, 8])
    add("--rounds", type=int, default=5, help="turns of each")
    add("--output", help="a Markdown file for the tables")
    add("--worker", help=argparse.SUPPRESS)
