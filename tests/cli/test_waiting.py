"""What takes long is said while it runs."""

import io
import sys
import time

import pytest

from keras_pix2pix_cli import waiting
from keras_pix2pix_cli.waiting import as_time, progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_what_is_soon_done_is_not_told(capsys):
    with waiting.waiting("thinking"):
        pass
    assert capsys.readouterr().err == ""


def test_a_log_file_gets_one_line(monkeypatch, capsys):
    monkeypatch.setattr(waiting, "SOON", 0.01)
    with waiting.waiting("thinking"):
        time.sleep(0.1)
    assert capsys.readouterr() == ("", "thinking ...\n")


def test_a_terminal_shows_the_seconds_and_ends_the_line(monkeypatch):
    monkeypatch.setattr(waiting, "SOON", 0.01)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ValueError), waiting.waiting("thinking"):
        time.sleep(0.1)
        raise ValueError
    assert sys.stderr.getvalue() == "\rthinking: 0 s\rthinking: 0 s\n"


@pytest.mark.parametrize(("stream", "told"), [(Terminal, "1/2"), (io.StringIO, "")])
def test_a_bar_that_is_always_printed_is_for_a_terminal_only(stream, told, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", stream())
    with waiting.bar_on_terminal("thinking"):
        print("1/2", end="")
    assert sys.stderr.getvalue() == told
    assert capsys.readouterr().out == ""


def test_a_bar_of_the_library_is_for_a_terminal_only(monkeypatch, capsys):
    with progress("reading") as verbose:
        print("result")
    assert verbose == 0
    assert capsys.readouterr() == ("result\n", "")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("reading") as verbose:
        print("a bar")
    assert verbose == 1
    assert sys.stderr.getvalue() == "a bar\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (89, "1 min"),
        (3570, "1 h 0 min"),
        (3600 * 3 + 60 * 20, "3 h 20 min"),
        (3600 * 24 - 10, "1 day 0 h"),
        (3600 * 30, "1 day 6 h"),
        (3600 * 50, "2 days 2 h"),
    ],
)
def test_a_duration_is_told_as_people_say_it(seconds, text):
    assert as_time(seconds) == text
