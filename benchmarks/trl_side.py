"""Steps of one of TRL's trainers, timed. `benchmarks.trl_step` runs it in an environment of TRL's own.

Last line of the output: ``{"steps": [s], "generate": [s], "tokens": [response tokens of every step]}``.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    TrainerCallback,
)
from trl import GRPOConfig, GRPOTrainer
from trl.experimental.online_dpo import OnlineDPOConfig, OnlineDPOTrainer

TRAINING = {
    "learning_rate": 1e-6,
    "lr_scheduler_type": "constant",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "report_to": "none",
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
    "temperature": 1.0,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainer", choices=("grpo", "online-dpo"), required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--reward", required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--prompts-per-step", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    watch = Stopwatch()
    trainer = make_trainer(options, watch)
    watch.time_generate(trainer.model)
    trainer.train()
    print(json.dumps({"steps": watch.steps, "generate": watch.generate, "tokens": watch.tokens}))


def make_trainer(options: argparse.Namespace, watch: "Stopwatch") -> Any:
    """The trainer on the same model, reward model, prompts and batch as ours."""
    shared: dict[str, Any] = {
        "model": AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32),
        "reward_funcs": [AutoModelForSequenceClassification.from_pretrained(options.reward, dtype=torch.float32)],
        "reward_processing_classes": [AutoTokenizer.from_pretrained(options.reward)],
        "processing_class": AutoTokenizer.from_pretrained(options.model),
        "train_dataset": Dataset.from_list(
            [{"prompt": json.loads(line)["prompt"]} for line in options.prompts.read_text().splitlines()]
        ),
        "callbacks": [watch],
    }
    settings = {**TRAINING, "output_dir": options.output, "max_steps": options.steps}
    if options.trainer == "grpo":
        arguments = GRPOConfig(
            **settings,
            per_device_train_batch_size=options.prompts_per_step * options.samples,
            num_generations=options.samples,
            max_completion_length=options.tokens,
            beta=0.04,
        )
        return GRPOTrainer(args=arguments, **shared)
    arguments = OnlineDPOConfig(
        **settings,
        per_device_train_batch_size=options.prompts_per_step,
        max_new_tokens=options.tokens,
        beta=0.1,
        top_k=0,
    )
    return OnlineDPOTrainer(args=arguments, **shared)


class Stopwatch(TrainerCallback):  # type: ignore[misc]
    """Seconds from the end of one step to the end of the next, and those of them that sample responses."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.generate: list[float] = []
        self.tokens: list[int] = []
        self._last = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._last = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        now = time.perf_counter()
        self.steps.append(now - self._last)
        self._last = now

    def time_generate(self, model: Any) -> None:
        plain = model.generate

        def generate(*arguments: Any, **settings: Any) -> Any:
            begun = time.perf_counter()
            with_prompts = plain(*arguments, **settings)
            self.generate.append(time.perf_counter() - begun)
            responses = with_prompts[:, settings["input_ids"].shape[1] :]
            self.tokens.append(int((responses > 1).sum()))  # 0 pads, 1 ends: a model that never ends writes neither
            return with_prompts

        model.generate = generate


if __name__ == "__main__":
    main()
