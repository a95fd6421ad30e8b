"""Freed memory is kept for the next step."""

import subprocess
import sys

import pytest

# The pages that the system has to give for 200 MB, which are allocated once more.
PROGRAM = """
import resource
import numpy as np
from keras_pix2pix.freed_memory import keep_freed_memory

if {kept}:
    keep_freed_memory()
faults = []
for _ in range(3):
    np.ones(25_000_000)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[2] - faults[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries are left as they are")
def test_the_system_gives_no_page_twice():
    kept, given_back = (
        int(subprocess.check_output([sys.executable, "-c", PROGRAM.format(kept=kept)]))
        for kept in (True, False)
    )
    assert kept < 10 < given_back
