"""Where Hugging Face's cache on this machine holds a model of the hub. Nothing is fetched."""

import os
from pathlib import Path


def cached_snapshot(model: str) -> Path | None:
    """Directory of the newest revision of ``model``, ``"org/name"``, as the cache knows it; None where it has none.

    Places and layout: huggingface_hub's documentation, "Understand caching".
    """
    repository = hub_cache() / f"models--{model.replace('/', '--')}"
    try:
        revision = (repository / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    snapshot = repository / "snapshots" / revision
    return snapshot if revision.isalnum() and snapshot.is_dir() else None  # a commit, and no way out of the cache


def hub_cache() -> Path:
    """``HF_HUB_CACHE``, else ``hub`` below ``HF_HOME``, which is ``~/.cache/huggingface`` where nothing is set."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"
