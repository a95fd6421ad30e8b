"""Say what takes long while it runs."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

# Nothing is said about what takes less, in seconds.
SOON = 2.0


@contextlib.contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on stderr what is done until the end, if it takes more than two seconds.

    A terminal shows the seconds as they pass. A log file gets one line.

    Args:
        text: str, what is done, such as `"loading the model"`.
    """
    stream = sys.stderr
    live = stream.isatty()
    done = threading.Event()
    start = time.monotonic()

    def tell() -> None:
        if done.wait(SOON):
            return
        if not live:
            print(f"{text} ...", file=stream, flush=True)
            return
        while True:
            print(f"\r{text}: {time.monotonic() - start:.0f} s", end="", file=stream, flush=True)
            if done.wait(1.0):
                print(f"\r{text}: {time.monotonic() - start:.0f} s", file=stream, flush=True)
                return

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextlib.contextmanager
def progress(text: str) -> Iterator[int]:
    """Show on stderr how far a function of the library is, which prints a bar itself.

    A bar is for a terminal only. A log file gets one line, if it takes more than two seconds.

    Args:
        text: str, what is done, as for `waiting`.

    Yields:
        The argument `verbose` for the function.
    """
    if sys.stderr.isatty():
        with contextlib.redirect_stdout(sys.stderr):
            yield 1
    else:
        with waiting(text):
            yield 0


@contextlib.contextmanager
def bar_on_terminal(text: str) -> Iterator[None]:
    """Show the bar that a function of the library always prints on a terminal only.

    Args:
        text: str, what is done, as for `waiting`.
    """
    with progress(text) as live, contextlib.ExitStack() as stack:
        if not live:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        yield


def as_time(seconds: float) -> str:
    """Return a duration as people say it, such as `"3 h 20 min"`."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} days {hours} h" if days > 1 else f"1 day {hours} h"
