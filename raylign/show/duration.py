"""Short durations as people read them."""


def took(seconds: float) -> str:
    """``12.5 ms``, ``2.5 s``"""
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
