"""The memory that a process has taken."""

import re
from pathlib import Path


def peak():
    """The most memory that this process has had at once since its program began, in GB; Linux only.

    `resource.getrusage` would count what the process that started it had, too.
    """
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024 / 1e9


def now():
    """The memory that this process has now, in GB; Linux only."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024 / 1e9
