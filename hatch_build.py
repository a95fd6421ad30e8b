"""The README as PyPI shows it: with links to the repository, since PyPI has only this one page."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A link or a picture, but not one that has an address or leads to a heading of the page.
RELATIVE = re.compile(r"(!?)(\[[^\]]*\])\((?!https?:|#)")


class Readme(MetadataHookInterface):
    """Take the README of the checkout as the description of the package."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the README, with full addresses, into the metadata."""
        repository = metadata["urls"]["Repository"]

        def full(link: re.Match[str]) -> str:
            kind = "raw" if link[1] else "blob"
            return f"{link[1]}{link[2]}({repository}/{kind}/main/"

        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": RELATIVE.sub(full, text)}
