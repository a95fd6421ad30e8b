"""Download the archive of a set: resume, check, and unpack it whole or not at all."""

import hashlib
import http.client
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import keras

from keras_pix2pix.types import PathLike

# Seconds without a byte after which a connection is closed.
TIMEOUT = 30
# Number of connections to a server before the next one is tried.
ATTEMPTS = 4
# Bytes that are read at a time.
CHUNK = 1 << 16


class Archive(NamedTuple):
    """Where the archive of a set can be downloaded.

    Attributes:
        file: str, name of the file.
        addresses: tuple of str, its URLs on different servers.
        md5: str, checksum of the file, or `None` if it is not known.
    """

    file: str
    addresses: tuple[str, ...]
    md5: str | None = None


def find_or_download(
    root: PathLike,
    title: str,
    required: Sequence[str],
    archive: Archive,
    download: bool,
    subfolders: Sequence[str],
) -> Path:
    """Return the folder that holds a set. It is downloaded if it is missing and that is allowed.

    Args:
        root: path of a folder.
        title: str, the set in error messages.
        required: sequence of str, patterns of paths that must exist in the folder.
        archive: `Archive` of the set.
        download: bool, whether it may be downloaded.
        subfolders: sequence of str, the folders below `root` that may hold the set; `""` for `root`
            itself.

    Raises:
        ValueError: if no folder holds the set, and `download` is `False`.
        ConnectionError: if it cannot be downloaded.
    """
    root = Path(root)
    for folder in (root / name for name in subfolders):
        if all(any(folder.glob(pattern)) for pattern in required):
            return folder
    by_hand = f"Get {' or '.join(archive.addresses)} and unpack it into {root}"
    if not download:
        raise ValueError(
            f"{root} is not laid out as {title}: it must hold {', '.join(required)}. {by_hand}, or "
            "use download=True. PairDataset.from_folders takes two folders of your own."
        )
    path = root / archive.file
    try:
        fetch(archive.addresses, path, archive.md5)
    except ConnectionError as error:
        raise ConnectionError(f"{error}\n{by_hand} by hand.") from error
    unpack(path, root)
    path.unlink()
    return find_or_download(root, title, required, archive, False, subfolders)


def fetch(addresses: Sequence[str], path: PathLike, md5: str | None = None) -> None:
    """Download a file from the first of its addresses that delivers it.

    If a connection breaks, the received part is kept in a file beside `path`. This call, or a later
    one, continues from there.

    Args:
        addresses: sequence of str, URLs of the same file, in the order in which they are tried.
        path: path of the file to write.
        md5: str, checksum of the file. Defaults to `None`: it is not checked.

    Raises:
        ConnectionError: if no address delivers the file. The message says why for each address.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    failures = []
    for address in addresses:
        try:
            _fetch_with_retries(address, partial)
            if md5 is not None and _md5(partial) != md5:
                partial.unlink()
                raise ValueError(f"the file has another checksum than {md5}")
            partial.replace(path)
            return
        except (OSError, ValueError, http.client.HTTPException) as error:
            failures.append(f"{address}: {error}")
    raise ConnectionError("\n  ".join([f"{path.name} could not be downloaded.", *failures]))


def unpack(archive: PathLike, folder: PathLike) -> None:
    """Unpack a tar or zip archive into a folder, whole or not at all.

    Args:
        archive: path of the archive.
        folder: path of a folder. Its other contents stay; files of the same name are replaced.

    Raises:
        ValueError: if the archive is broken, or if one of its members would be written outside the
            folder. The message names the archive.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking") as temporary:
        try:
            if zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as file:
                    _refuse_outside(file.namelist(), archive)
                    file.extractall(temporary)
            else:
                with tarfile.open(archive) as file:
                    _refuse_outside(file.getnames(), archive)
                    file.extractall(temporary, filter="data")
                    # tarfile does not read to the end, where gzip has its checksum.
                    while file.fileobj and file.fileobj.read(CHUNK):
                        pass
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise ValueError(f"{archive} cannot be unpacked: {error}") from error
        for path in Path(temporary).iterdir():
            _move(path, folder / path.name)


def _fetch_with_retries(address: str, partial: Path) -> None:
    for attempt in range(ATTEMPTS):
        try:
            return _resume(address, partial)
        except urllib.error.HTTPError as error:
            with error:
                # The partial file is longer than the server's file: it is another one.
                if error.code != 416 or not partial.exists():
                    raise
                partial.unlink()
        except (OSError, http.client.HTTPException):
            if attempt == ATTEMPTS - 1:
                raise


def _resume(address: str, partial: Path) -> None:
    """Download the part of a file that is missing in `partial`."""
    received = partial.stat().st_size if partial.exists() else 0
    # Ask for the last byte again: to ask for nothing would be an error if the file is complete.
    start = max(0, received - 1)
    request = urllib.request.Request(address)
    if start:
        request.add_header("Range", f"bytes={start}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        content_range = answer.headers.get("Content-Range", "")
        # A server that ignores the range sends the file from its beginning.
        resumed = answer.status == 206 and content_range.startswith(f"bytes {start}-")
        start = start if resumed else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        bar = keras.utils.Progbar(total, unit_name="byte")
        with open(partial, "r+b" if resumed else "wb") as file:
            file.seek(start)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                bar.update(file.tell(), finalize=False)
            end = file.tell()
        bar.update(end, finalize=True)
    if total is not None and end < total:
        raise ConnectionError(f"the connection ended after {end} of {total} bytes")


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _refuse_outside(names: Sequence[str], archive: PathLike) -> None:
    for name in names:
        # The rules of Windows include those of other systems.
        path = PureWindowsPath(name)
        if path.drive or path.root or ".." in path.parts:
            raise ValueError(
                f"{archive} has a member outside its folder, {name!r}. Nothing was unpacked."
            )


def _move(path: Path, target: Path) -> None:
    """Move a file or folder. A folder is merged into one that exists already."""
    if path.is_dir() and target.is_dir():
        for child in path.iterdir():
            _move(child, target / child.name)
    else:
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(path, target)
