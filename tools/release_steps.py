"""Print what is left for a person before and after a release is uploaded.

`make release` runs this after it has built and checked the files in dist/.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def faults(root: Path, version: str) -> list[str]:
    """Return what must be changed in the checkout before this version can be released.

    Args:
        root: path of the checkout.
        version: str, `__version__` of the package.
    """
    found = []
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    if any("OWNER" in url for url in project["urls"].values()):
        found.append("pyproject.toml: put the address of the repository into [project.urls]")
    changelog = (root / "CHANGELOG.md").read_text()
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.M):
        found.append(f"CHANGELOG.md: rename [Unreleased] to [{version}] - YEAR-MONTH-DAY")
    cited = re.search(r"^version: (\S+)$", (root / "CITATION.cff").read_text(), re.M)
    if cited is None or cited[1] != version:
        found.append(f"CITATION.cff: version: {version}")
    return found


def steps(root: Path, version: str, changed: list[str], files: list[Path]) -> str:
    """Return the text with the steps.

    Args:
        root: path of the checkout.
        version: str, `__version__` of the package.
        changed: list of the files that are not committed.
        files: list of the paths of the built files.
    """
    before = faults(root, version)
    if changed:
        before.append("commit, or put aside: " + ", ".join(changed))
    lines = [f"Built and checked: {', '.join(file.name for file in files)}", ""]
    if before:
        lines += ["First, then `make release` again:"]
        lines += [f"  - {fault}" for fault in before]
        return "\n".join(lines)
    names = " ".join(str(file.relative_to(root)) for file in files)
    todo = [
        ".ci/run                                     # all tests, the site, the example",
        f"git tag -a v{version} -m 'Version {version}'",
        f"git push origin v{version}",
        f".venv/bin/uv publish {names}      # asks for a token of PyPI",
        f"pip install 'keras-pix2pix[tensorflow]=={version}'  # in a new environment",
        "on the page of the repository: a release of the tag, with its part of CHANGELOG.md",
        "upload docs/_build/html (make docs) to the server of the site",
    ]
    lines += ["What is left:"]
    lines += [f"  {number}. {step}" for number, step in enumerate(todo, 1)]
    return "\n".join(lines)


def main() -> int:
    """Print the steps for the checkout."""
    text = (ROOT / "keras_pix2pix" / "__init__.py").read_text()
    version = re.search(r'^__version__ = "(.+)"$', text, re.M)
    assert version is not None
    status = ["git", "status", "--porcelain", "--untracked-files=no"]
    done = subprocess.run(status, cwd=ROOT, capture_output=True, text=True, check=True)
    changed = [line[3:] for line in done.stdout.splitlines()]
    files = sorted((ROOT / "dist").iterdir())
    print(steps(ROOT, version[1], changed, files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
