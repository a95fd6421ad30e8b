"""Memory that was freed and is soon needed again."""

import ctypes
import functools

# Of glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
ONE_GIB, OLD_LIMIT, MAX_INT = 2**30, 2**25, 2**31 - 1


@functools.cache
def keep_freed_memory() -> None:
    """Let the process keep the memory that it frees, up to 2 GiB.

    Every step of a training needs the same large arrays as the one before. By default, glibc gives
    each of them back to the system, which fills it with zeros at the next use, page by page. On a
    processor that takes up to a fifth of a step. Other C libraries are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    # Before glibc 2.35, there was a limit. One threshold without the other would cost time.
    if mallopt(M_MMAP_THRESHOLD, ONE_GIB) or mallopt(M_MMAP_THRESHOLD, OLD_LIMIT):
        mallopt(M_TRIM_THRESHOLD, MAX_INT)
