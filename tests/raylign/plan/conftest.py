"""A model small enough to count by hand, and jobs that train it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hollow import TINY, save_llama

from raylign.plan.model_files import ModelInfo, inspect_model
from raylign.spec import Job, parse_job


@pytest.fixture
def tiny(tmp_path: Path) -> ModelInfo:
    info = inspect_model(save_llama(tmp_path / "tiny", **TINY))
    assert info is not None
    return info


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., Job]:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(json.dumps({"prompt": "x" * 8}))

    def build(*, dtype: str = "float32", lora: dict[str, Any] | None = None, **settings: Any) -> Job:
        task = {"name": "task", "prompts": {"path": str(prompts)}, "reward": {"model": "org/rm"}}
        return parse_job(
            {
                "name": "job", "steps": 1, "policy": {"model": "org/m", "dtype": dtype, "lora": lora},
                "tasks": [{**task, "prompts_per_step": 1, "method": {"type": "grpo"}}],
                **settings,
            }
        )  # fmt: skip

    return build
