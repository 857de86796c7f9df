"""Memory that is freed stays with the process, for the next to ask for as much.

Every publish frees and takes each layer of the model anew on a CPU. glibc gives blocks of that size back to the system,
which must clear the pages of the next ones: half of the time a publish takes.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of glibc's ``mallopt``."""


def keep_freed_memory() -> bool:
    """From now on. False where the C library knows no such thing: then all is as before, and slower."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
