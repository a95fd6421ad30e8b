"""Registers the profile of the long job, before hypothesis looks for it."""

import fuzzing  # noqa: F401
from hypothesis import core


def pytest_report_header():
    return f"hypothesis seed: {core.global_force_seed}"
