"""Test that requirements-dev.txt locks what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements-dev.txt").read_text().splitlines()


def test_every_line_is_a_pin_of_a_package_and_names_no_place():
    for line in LOCK:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+( ; [^:@]+)?", line), line


def test_every_requirement_is_pinned_to_a_version_that_it_allows():
    pins = {}
    for line in LOCK:
        pin = Requirement(line)
        pins.setdefault(pin.name, []).append(next(iter(pin.specifier)).version)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for text in [*project["dependencies"], *(text for extra in extras for text in extra)]:
        wanted = Requirement(text)
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{text} is missing: run make lock"
        assert all(map(wanted.specifier.contains, versions)), f"{text}: {versions}: run make lock"
