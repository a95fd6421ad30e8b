"""Getting a set's archive: resumed, checked, unpacked whole or not at all."""

import hashlib
import http.client
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import keras

# Seconds without a byte after which a server is given up.
TIMEOUT = 30
# How often a connection that breaks is taken up again before the next mirror is tried.
ATTEMPTS = 4
CHUNK = 1 << 16


class Archive(NamedTuple):
    """Where a set is distributed."""

    file: str
    addresses: tuple
    md5: str | None = None


def found(root, title, wanted, archive, download, inside):
    """The folder below `root` that holds what is wanted, after downloading it if need be.

    Args:
        root: path.
        title: str, the name of the set.
        wanted: tuple of str, patterns of paths that must all be there.
        archive: `Archive`, where the set comes from.
        download: bool, whether it may be downloaded.
        inside: tuple of the folders below `root` that are looked at.
    """
    root = Path(root)
    for folder in (root / name for name in inside):
        if all(any(folder.glob(pattern)) for pattern in wanted):
            return folder
    by_hand = f"Get {' or '.join(archive.addresses)} and unpack it into {root}"
    if not download:
        raise ValueError(
            f"{root} is not laid out as {title}: it must hold {', '.join(wanted)}. {by_hand}, or "
            "say download=True. PairDataset.from_folders takes two folders of your own."
        )
    path = root / archive.file
    try:
        fetch(archive.addresses, path, archive.md5)
    except ConnectionError as error:
        raise ConnectionError(f"{error}\n{by_hand} by hand.") from error
    unpack(path, root)
    path.unlink()
    return found(root, title, wanted, archive, False, inside)


def fetch(addresses, path, md5=None):
    """Download a file from the first of its addresses that has it.

    What was downloaded before a connection broke is kept beside `path` and gone on from, also by
    another call.

    Args:
        addresses: sequence of str, the mirrors in turn.
        path: path of the file.
        md5: str, the checksum of the file. Defaults to `None`: not known.

    Raises:
        ConnectionError: if no address has it, saying what happened at each.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    failures = []
    for address in addresses:
        try:
            _fetch_from(address, partial)
            if md5 is not None and _md5(partial) != md5:
                partial.unlink()
                raise ValueError(f"the file has another checksum than {md5}")
            partial.replace(path)
            return
        except (OSError, ValueError, http.client.HTTPException) as error:
            failures.append(f"{address}: {error}")
    raise ConnectionError("\n  ".join([f"{path.name} could not be downloaded.", *failures]))


def unpack(archive, folder):
    """Unpack a tar or zip archive into a folder, whole or not at all.

    Args:
        archive: path of the archive.
        folder: path of a folder, whose contents the archive's are added to.

    Raises:
        ValueError: naming the archive, if it is broken, or a member would be written elsewhere.
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
                    # The checksum of gzip comes last, where tarfile does not look.
                    while file.fileobj.read(CHUNK):
                        pass
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise ValueError(f"{archive} cannot be unpacked: {error}") from error
        for path in Path(temporary).iterdir():
            _move(path, folder / path.name)


def _fetch_from(address, partial):
    """Download into `partial`, going on from what it holds."""
    for attempt in range(ATTEMPTS):
        try:
            return _go_on(address, partial)
        except urllib.error.HTTPError as error:
            with error:
                # Nothing is left of what is wanted: the file here is not the server's.
                if error.code != 416 or not partial.exists():
                    raise
                partial.unlink()
        except (OSError, http.client.HTTPException):
            if attempt == ATTEMPTS - 1:
                raise


def _go_on(address, partial):
    have = partial.stat().st_size if partial.exists() else 0
    # One byte more than is missing, so that a complete file is not an error.
    start = max(0, have - 1)
    request = urllib.request.Request(address)
    if start:
        request.add_header("Range", f"bytes={start}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        begins = answer.headers.get("Content-Range", "")
        goes_on = answer.status == 206 and begins.startswith(f"bytes {start}-")
        start = start if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        bar = keras.utils.Progbar(total, unit_name="byte")
        with open(partial, "r+b" if goes_on else "wb") as file:
            file.seek(start)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                bar.update(file.tell(), finalize=False)
            end = file.tell()
        bar.update(end, finalize=True)
    if total is not None and end < total:
        raise ConnectionError(f"the connection ended after {end} of {total} bytes")


def _md5(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _refuse_outside(names, archive):
    for name in names:
        # Windows' rules include those of the others.
        path = PureWindowsPath(name)
        if path.drive or path.root or ".." in path.parts:
            raise ValueError(
                f"{archive} has a member outside its folder, {name!r}: nothing is unpacked."
            )


def _move(path, target):
    """Move a file or folder, into a folder that may be there already."""
    if path.is_dir() and target.is_dir():
        for child in path.iterdir():
            _move(child, target / child.name)
    else:
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(path, target)
