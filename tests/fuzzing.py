"""What both fuzzers share: how many examples they draw, and what an error must say."""

import re
import traceback
from pathlib import Path

import keras
import pytest
from hypothesis import HealthCheck, settings

import keras_pix2pix
import keras_pix2pix_cli

# `make test-fuzz` loads this profile: new examples in every run, unless it is given a seed.
LONG = "long"
_SHARED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile(LONG, max_examples=300, print_blob=True, **_SHARED)

PACKAGES = [str(Path(package.__file__).parent) for package in (keras_pix2pix, keras_pix2pix_cli)]
# Words that say what was wrong, or what to do.
HELPS = re.compile(
    r"[Rr]eceived|must|needs?\b|cannot be read|no partner|same name|There is no file|"
    r"has no images|Expected|install|Use |Give |does not use"
)
TRACES = re.compile(r'Traceback|File "|site-packages|object at 0x|<class ')


def is_long():
    """Whether the many examples of `make test-fuzz` are wanted."""
    return settings.get_current_profile_name() == LONG


def few(examples):
    """Decorator: so many examples, the same in every run; those of the long job where wanted."""
    if is_long():
        return settings()
    return settings(max_examples=examples, derandomize=True, database=None, **_SHARED)


def on_torch_or_long():
    """Mark of a module: other backends compile each example, which takes too long for a suite."""
    other = keras.backend.backend() != "torch" and not is_long()
    return [pytest.mark.fuzz, pytest.mark.skipif(other, reason="runs with make test-fuzz")]


def check_refusal(error, names):
    """An error is one that a user understands: what is wrong with which thing, and what to do.

    It is raised by this package itself, not by a library that it calls, except that Keras may
    refuse an argument by its name.
    """
    text = str(error)
    assert isinstance(error, (ValueError, FileNotFoundError, ImportError)), repr(error)
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    assert any(raised_in.startswith(package) for package in PACKAGES), (raised_in, text)
    assert not TRACES.search(text), text
    assert HELPS.search(text), text
    assert any(name in text for name in names), (names, text)
