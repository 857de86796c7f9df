"""raylign decides what an alignment run is: specs, plan, methods, losses, judges, the loop, the store, the gateway.

Where it runs (Ray, vLLM, DeepSpeed) is the business of the sibling package ``actors``, which imports this one and is
never imported by it.

    job = raylign.load("job.yaml", "steps=10")
    run = raylign.run(job)
    run.samples(task="math", order="worst")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raylign.api import Run, check, load, resume, run
    from raylign.service.client import Client

__version__ = "0.1.0"
__all__ = ["Client", "Run", "check", "load", "resume", "run"]

_PLACES = {name: "raylign.service.client" if name == "Client" else "raylign.api" for name in __all__}


def __getattr__(name: str) -> Any:
    """Imported when first asked for: workers and commands import this package for its rooms alone."""
    if name not in _PLACES:
        raise AttributeError(f"module 'raylign' has no attribute {name!r}; it has {', '.join(__all__)}")
    import importlib

    found = vars(importlib.import_module(_PLACES[name]))[name]
    globals()[name] = found
    return found
