"""Registers the profile of the long job before hypothesis looks for it, and prints the seed."""

import fuzzing  # noqa: F401
from hypothesis import core


def pytest_report_header():
    seed = core.global_force_seed
    return None if seed is None else f"--hypothesis-seed={seed} repeats this run"
