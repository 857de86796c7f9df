"""DeepSpeed's checkpoint files through ours: what it saves is hashed on its way to the disk."""

from pathlib import Path
from typing import Any

import torch
from deepspeed.runtime.checkpoint_engine import TorchCheckpointEngine

from raylign.record.checkpoint_files import CheckpointFiles


class EngineFiles(TorchCheckpointEngine):
    """Writes what DeepSpeed writes by itself, into ``files``."""

    def __init__(self, files: CheckpointFiles) -> None:
        super().__init__()
        self._files = files

    def save(self, state_dict: Any, path: str) -> None:
        with self._files.open(Path(path)) as out:
            torch.save(state_dict, out)
