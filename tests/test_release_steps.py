"""What `make release` prints for the person who releases."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "release_steps.py"))
FILES = {
    "pyproject.toml": '[project.urls]\nRepository = "https://example.org/us/keras-pix2pix"\n',
    "CHANGELOG.md": "# Changelog\n\n## [1.2.0] - 2026-11-26\n",
    "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2.0\n",
}


@pytest.fixture
def checkout(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_checkout_that_is_ready_has_no_faults(checkout):
    assert TOOL["faults"](checkout, "1.2.0") == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", "example.org/us", "github.com/OWNER"),
        ("CHANGELOG.md", "[1.2.0] - 2026-11-26", "[Unreleased]"),
        ("CHANGELOG.md", "[1.2.0]", "[1.2.1]"),
        ("CITATION.cff", "\nversion: 1.2.0", "\nversion: 1.1.0"),
        ("CITATION.cff", "\nversion: 1.2.0", ""),
    ],
)
def test_each_fault_names_its_file(checkout, name, old, new):
    path = checkout / name
    path.write_text(path.read_text().replace(old, new))
    (fault,) = TOOL["faults"](checkout, "1.2.0")
    assert fault.startswith(f"{name}: ")


def test_faults_and_changed_files_come_instead_of_the_steps(checkout):
    (checkout / "CITATION.cff").write_text("version: 1.1.0\n")
    text = TOOL["steps"](checkout, "1.2.0", ["README.md"], [checkout / "dist" / "a.whl"])
    assert "CITATION.cff: version: 1.2.0" in text
    assert "commit, or put aside: README.md" in text
    assert "git tag" not in text


def test_the_steps_name_the_version_and_the_files(checkout):
    files = [checkout / "dist" / name for name in ("a.tar.gz", "a.whl")]
    text = TOOL["steps"](checkout, "1.2.0", [], files)
    assert text.startswith("Built and checked: a.tar.gz, a.whl\n")
    assert "1. .ci/run" in text
    assert "git tag -a v1.2.0" in text
    assert "uv publish dist/a.tar.gz dist/a.whl" in text


def test_the_repository_is_named_in_pyproject_only():
    url = TOOL["tomllib"].loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    names = ("README.md", "CITATION.cff", "SECURITY.md", "CONTRIBUTING.md", "Makefile")
    pages = [*(ROOT / name for name in names), *(ROOT / "docs").glob("**/*.md")]
    pages += [ROOT / "docs" / "tutorial.ipynb", *(ROOT / ".github").rglob("*.yml")]
    pages = [page for page in pages if "_build" not in page.parts]
    named = [page.name for page in pages if url["Repository"] in page.read_text()]
    assert named == []
