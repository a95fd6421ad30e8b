"""Lines of C++ code on stderr are left out, and nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOISE = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795725526.179132   20209 cudart_stub.cc:31] Could not find cuda drivers\n"
    b"E0000 00:00:1795725555.474823   20209 cuda_platform.cc:52] failed call to cuInit\n"
    b"2026-11-26 20:00:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:182] This\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
)
KEPT = b"F0000 00:00:1795725555.474823   20209 tensor.cc:52] Check failed\nan error of a library\n"
CODE = f"""
import os, sys
from keras_pix2pix_cli.quiet import quiet
with quiet():
    os.write(2, {NOISE + KEPT!r})
    print("a warning", file=sys.stderr)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"]
    {{ending}}
os.write(2, {NOISE[:20]!r})
"""


def run(ending="pass", **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-c", CODE.format(ending=ending)],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
    )


def test_only_the_noise_is_left_out():
    done = run()
    assert done.returncode == 0
    # What Python prints does not go through the filter, so it may come first.
    lines = sorted(done.stderr.splitlines(keepends=True))
    assert lines == sorted([*KEPT.splitlines(keepends=True), b"a warning\n", NOISE[:20]])
    assert done.stderr.endswith(NOISE[:20])


def test_the_last_words_of_a_process_that_is_aborted_are_kept():
    done = run("os.abort()")
    assert done.returncode < 0
    assert KEPT in done.stderr and NOISE[:20] not in done.stderr


def test_who_asks_for_the_lines_gets_them():
    assert NOISE in run(TF_CPP_MIN_LOG_LEVEL="0").stderr
