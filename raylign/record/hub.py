"""The result, put on the Hugging Face hub, or a server like it, by its own library: as often as a run ends whole.

Account and server are the driver's own: ``HF_TOKEN``, or what `hf auth login` keeps; ``HF_ENDPOINT``.
"""

import importlib.util
import os
from pathlib import Path
from typing import Any

from raylign.errors import RunError

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
"""Either forbids it."""


def require_hub(model_id: str) -> None:
    """Raise `RunError` where nothing can be pushed from here: before a run starts, not at its end."""
    whose = f"`output.push_to` is {model_id!r}"
    if importlib.util.find_spec("huggingface_hub") is None:
        raise RunError(f"{whose}, and huggingface_hub is not installed here: `pip install raylign[run]`")
    if named := [name for name in OFFLINE if os.environ.get(name, "0").lower() not in ("", "0", "false", "no", "off")]:
        raise RunError(f"{whose}, and {named[0]} forbids to reach the hub: unset it, or leave `push_to` out")
    from huggingface_hub import get_token

    if get_token() is None:
        raise RunError(f"{whose}, and there is no token to write with: set HF_TOKEN, or `hf auth login`")


def push(folder: Path, model_id: str, *, private: bool) -> str:
    """Upload the folder as the model of that id, made where there is none, and return its address.

    Raises `RunError`, which names the folder, for whatever goes wrong.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    api: Any = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="raylign")
    try:
        made = api.create_repo(model_id, private=private, exist_ok=True)
        api.upload_folder(repo_id=model_id, folder_path=folder, commit_message="Aligned by raylign")
    except Exception as error:  # of the library, of HTTP, of the disk: the run is whole all the same
        raise RunError(
            f"the model was not pushed to {model_id!r} ({type(error).__name__}: {error}): it is in "
            f"{str(folder)!r}, `hf upload {model_id} {folder}` sends it"
        ) from error
    return str(made)
