"""Leave out what TensorFlow's and CUDA's own code prints on stderr while it starts."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator

# It copies its input to its output, without those lines. It is a program of its own, so that the
# last words of a process that is aborted are not lost; only the process itself handles Ctrl-C.
FILTER = r"""
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
noise = re.compile(
    rb"WARNING: All log messages before absl::|[IWE]\d{4} \d\d:\d\d:\d+\.\d+ |"
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |To enable the following instructions: "
)
for line in sys.stdin.buffer:
    if not noise.match(line):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
"""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out the lines of C++ code until the end. What Python prints is printed as always.

    `TF_CPP_MIN_LOG_LEVEL` in the environment shows them. It cannot silence them: the first ones
    come before it is read.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ or not _is_stderr_itself():
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    stderr, sys.stderr = sys.stderr, os.fdopen(os.dup(2), "w", buffering=1)
    command = [sys.executable, "-I", "-S", "-c", FILTER]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr, stderr=sys.stderr)
    assert process.stdin is not None
    os.dup2(process.stdin.fileno(), 2)
    process.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(sys.stderr.fileno(), 2)
        sys.stderr.close()
        sys.stderr = stderr
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=2)


def _is_stderr_itself() -> bool:
    """Return whether Python prints errors to where C++ code does. Tests and notebooks do not."""
    try:
        return sys.stderr.fileno() == 2
    except (AttributeError, io.UnsupportedOperation):
        return False
