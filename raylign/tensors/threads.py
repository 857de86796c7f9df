"""How many threads a process computes with, and that its first result is as good as its second."""

import torch

MKL_FUNCTIONS = tuple(
    getattr(torch, name)
    for name in (
        "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "erf", "erfc", "erfinv", "exp", "expm1",
        "lgamma", "log", "log10", "log1p", "log2", "rsqrt", "sin", "sinh", "sqrt", "tan", "tanh",
    )
)  # fmt: skip
"""Functions of one tensor that PyTorch may hand to MKL's vector mathematics."""


def use_threads(threads: int) -> None:
    """Compute with ``threads`` threads on the CPU. To be called before anything is computed.

    MKL 2024.2 chooses a function's kernel when it is first called. If several threads make that call at once, one of
    them may be given the kernel of low accuracy: a new process's first cosine is then off by 1e-4, and no later one
    (github.com/pytorch/pytorch/issues/188792). So each function is first called on one number, by one thread.
    """
    for dtype in (torch.float32, torch.float64):
        one = torch.ones(1, dtype=dtype)
        for function in MKL_FUNCTIONS:
            function(one)
    torch.set_num_threads(threads)
