"""Downloads from servers that fail in every way, and archives that cannot be trusted."""

import hashlib
import io
import socket
import tarfile
import zipfile

import numpy as np
import pytest

from keras_pix2pix.data.sets import download
from keras_pix2pix.data.sets.download import fetch, unpack

CONTENT = np.random.default_rng(0).bytes(300_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


def refused_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file"


def test_a_file_is_downloaded_whole(serve, tmp_path, capsys):
    server = serve(CONTENT)
    fetch([server.address], tmp_path / "some/folder/file.zip", MD5)
    assert (tmp_path / "some/folder/file.zip").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "some/folder").iterdir()] == ["file.zip"]
    assert server.requests == [("/file", None)]
    assert "300000/300000" in capsys.readouterr().out


def test_a_cut_connection_is_gone_on_from_where_it_was_cut(serve, tmp_path):
    server = serve(CONTENT, cuts=[100_000, 50_000])
    fetch([server.address], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT
    # One byte is asked for again, so that a complete file is not an error.
    assert [asked for _, asked in server.requests] == [None, "bytes=99999-", "bytes=149998-"]


@pytest.mark.parametrize("ranges", [False, "wrong"])
def test_a_server_without_ranges_begins_again(serve, tmp_path, ranges):
    server = serve(CONTENT, cuts=[100_000], ranges=ranges)
    fetch([server.address], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_what_an_earlier_call_left_is_gone_on_from(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    server = serve(CONTENT, cuts=[200_000])
    with pytest.raises(ConnectionError, match="ended after 200000 of 300000 bytes"):
        fetch([server.address], tmp_path / "file", MD5)
    assert not (tmp_path / "file").exists()
    assert (tmp_path / "file.partial").stat().st_size == 200_000
    fetch([server.address], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.requests[-1] == ("/file", "bytes=199999-")


@pytest.mark.parametrize("left", [len(CONTENT), len(CONTENT) + 7])
def test_a_partial_file_that_is_complete_or_too_long_is_no_dead_end(serve, tmp_path, left):
    (tmp_path / "file.partial").write_bytes((CONTENT + b"1234567")[:left])
    fetch([serve(CONTENT).address], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["refused", "missing", "wrong", "always cut", "silent"])
def test_the_next_mirror_is_tried(serve, tmp_path, monkeypatch, bad):
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    good = serve(CONTENT)
    address = {
        "refused": refused_address,
        "missing": lambda: good.address + "s",
        "wrong": lambda: serve(CONTENT[::-1]).address,
        "always cut": lambda: serve(CONTENT, cuts=[10] * 99, ranges=False).address,
        "silent": lambda: serve(CONTENT, pause=60).address,
    }[bad]()
    fetch([address, good.address], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_if_none_answers_the_error_says_why_at_each(serve, tmp_path):
    addresses = [refused_address(), serve(b"").address + "s", serve(CONTENT[1:]).address]
    with pytest.raises(ConnectionError) as error:
        fetch(addresses, tmp_path / "set.zip", MD5)
    text = str(error.value)
    assert "set.zip could not be downloaded" in text
    for address, why in zip(addresses, ("refused", "404", f"another checksum than {MD5}")):
        assert f"{address}: " in text and why in text
    assert not list(tmp_path.iterdir())


# Archives


def make_tar(path, *members, mode="w:gz"):
    """A tar archive of these members: (name, content), or a TarInfo."""
    with tarfile.open(path, mode) as file:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                file.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                file.addfile(info, io.BytesIO(member[1]))
    return path


def make_zip(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_an_archive_is_unpacked_beside_what_is_there(tmp_path, make):
    (tmp_path / "out/set").mkdir(parents=True)
    (tmp_path / "out/set/kept.txt").write_text("kept")
    (tmp_path / "out/set/a.txt").write_text("old")
    unpack(make(tmp_path / "a", ("set/a.txt", b"new"), ("set/deep/b.txt", b"b")), tmp_path / "out")
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_text()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == {"set/kept.txt": "kept", "set/a.txt": "new", "set/deep/b.txt": "b"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["set"]


OUTSIDE = [
    (make_tar, ("../evil.txt", b"")),
    (make_tar, ("a/../../evil.txt", b"")),
    (make_tar, ("/evil.txt", b"")),
    (make_tar, special("link", tarfile.SYMTYPE, "/etc")),
    (make_tar, special("link", tarfile.SYMTYPE, "../..")),
    (make_tar, special("link", tarfile.LNKTYPE, "../evil.txt")),
    (make_tar, special("device", tarfile.CHRTYPE)),
    (make_tar, special("pipe", tarfile.FIFOTYPE)),
    (make_zip, ("../evil.txt", b"")),
    (make_zip, ("/evil.txt", b"")),
    (make_zip, ("a/../../evil.txt", b"")),
    (make_zip, ("..\\evil.txt", b"")),
]


@pytest.mark.parametrize("make, member", OUTSIDE)
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path, make, member):
    archive = make(tmp_path / "archive", ("good.txt", b"good"), member)
    with pytest.raises(ValueError, match=str(archive)) as error:
        unpack(archive, tmp_path / "in/out")
    name = member.name if isinstance(member, tarfile.TarInfo) else member[0]
    assert name in str(error.value).replace("\\\\", "\\")
    assert not list((tmp_path / "in/out").iterdir())
    assert {path.name for path in tmp_path.rglob("*")} == {"archive", "in", "out"}


@pytest.mark.parametrize("make", [make_tar, make_zip])
@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "flipped"])
def test_a_broken_archive_leaves_nothing(tmp_path, make, damage):
    archive = make(tmp_path / "archive", ("a", CONTENT), ("b", CONTENT[::-1]))
    content = archive.read_bytes()
    middle = len(content) // 2
    damaged = {
        "truncated": content[:middle],
        "empty": b"",
        "text": b"<html>Not found</html>",
        "flipped": content[:middle] + bytes(100) + content[middle + 100 :],
    }[damage]
    archive.write_bytes(damaged)
    with pytest.raises(ValueError, match=f"{archive} cannot be unpacked"):
        unpack(archive, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
