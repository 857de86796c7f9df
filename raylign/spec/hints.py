"""What people who come from other trainers call things, and where it stands in a job.

Names: the arguments of TRL's trainers, of OpenRLHF's command line, and the keys of verl's configuration.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

_STEP = "a step takes `tasks[].prompts_per_step` times `tasks[].samples_per_prompt` responses"
_MICROBATCH = "`trainer.tokens_per_microbatch`: microbatches are counted in tokens, and packed for you"
_STEPS = "`steps`: a run is counted in optimizer steps"
_KL = (
    "the hold on the reference is `tasks[].method.kl_max` for crpg and crraft, `tasks[].method.beta` for the others "
    "(vcb: `tasks[].method.nats_per_sigma`)"
)
_OUTPUT = "the command line's: `raylign run --run-dir DIR`"
_TRACKER = "`trackers`, a list: `[{type: wandb, project: ...}]`; TensorBoard files are always written"
_PROMPT = (
    "the room is `rollout.context_tokens` less `rollout.max_tokens`; `tasks[].prompts.too_long` says what becomes of "
    "longer prompts"
)
_SAMPLER = (
    "not there: what is trained is the whole distribution at `rollout.temperature`; cut, responses would be sampled "
    "from one distribution and trained as if from another, with log-probs that are wrong. For evaluation there is "
    "`evaluation.greedy`"
)
_CRITIC = "not there: no method here trains a value model"
_DTYPE = "`policy.dtype`, float32 or bfloat16"
_NODES = "the cluster's: Ray places `trainer.ranks` and `rollout.workers` over all its nodes"
_CHECKPOINTS = "`checkpoint.every`, in steps"
_TEMPLATE = (
    "the model's own: a prompt with messages is rendered by its tokenizer's chat template, with "
    "`tasks[].chat_template_kwargs`; plain prompts are where there is a `tasks[].system`"
)

FOREIGN: Mapping[str, str] = {
    "accumulation_steps": _MICROBATCH,
    "actor_learning_rate": "`trainer.learning_rate`",
    "actor_num_gpus_per_node": "`trainer.ranks`, one GPU each",
    "adam_beta1": "the first of `trainer.betas`",
    "adam_beta2": "the second of `trainer.betas`",
    "adam_offload": "`trainer.offload.optimizer`",
    "advantage_estimator": "`tasks[].method`",
    "algorithm": "`tasks[].method`",
    "apply_chat_template": _TEMPLATE,
    "base_model": "`policy.model`",
    "batch_size": _STEP,
    "bf16": _DTYPE,
    "chat_template": _TEMPLATE,
    "ckpt_path": _OUTPUT,
    "clip_ratio": "`tasks[].method.clip` of grpo",
    "clip_ratio_high": "`tasks[].method.clip_high` of grpo",
    "cliprange": "`tasks[].method.clip` of grpo",
    "critic": _CRITIC,
    "critic_learning_rate": _CRITIC,
    "data": "`tasks[].prompts.path`",
    "dataset": "`tasks[].prompts.path`, a file, a directory or `hf://org/name`",
    "dataset_name": "`tasks[].prompts.path`, a file, a directory or `hf://org/name`",
    "deepspeed": "`trainer.zero_stage`, `trainer.offload` and `trainer.zero`; DeepSpeed is always used",
    "do_sample": "`evaluation.greedy`; training always samples",
    "early_stopping": "not there: choose among the checkpoints, `checkpoint.keep_last`",
    "engine_type": "`rollout.engine`",
    "ensemble": "`tasks[].reward`, `{type: sum, of: [...]}`",
    "epochs": _STEPS,
    "eps_clip": "`tasks[].method.clip` of grpo",
    "epsilon": "`tasks[].method.clip` of grpo",
    "epsilon_high": "`tasks[].method.clip_high` of grpo",
    "eval_dataset": "`tasks[].eval_prompts.path`",
    "eval_steps": "`evaluation.every`",
    "experiment_name": "`name`",
    "fp16": _DTYPE,
    "generate_max_len": "`rollout.max_tokens`",
    "gpu_memory_utilization": "`rollout.gpu_memory_fraction`",
    "gpus": "`trainer.ranks`, `rollout.workers` and `resources` say who takes GPUs",
    "grad_clip": "`trainer.max_grad_norm`",
    "gradient_accumulation_steps": _MICROBATCH,
    "group_size": "`tasks[].samples_per_prompt`",
    "init_kl_coef": _KL,
    "judge": "`tasks[].judges`, a list",
    "judge_model": "`tasks[].judges[].model` of an llm judge",
    "kl_coef": _KL,
    "kl_coeff": _KL,
    "kl_loss_coef": _KL,
    "kl_penalty": _KL,
    "learner_rate": "`trainer.learning_rate`",
    "logging_dir": _OUTPUT,
    "logging_steps": "not there: every step is logged",
    "lora_alpha": "`policy.lora.alpha`",
    "lora_r": "`policy.lora.rank`",
    "lora_rank": "`policy.lora.rank`",
    "lora_target_modules": "`policy.lora.targets`",
    "loss_agg_mode": "`tasks[].per`: token, or limit, or response for the method's own",
    "loss_type": "`tasks[].method.loss` of oaif and direct",
    "lr": "`trainer.learning_rate`",
    "lr_scheduler": "`trainer.schedule.type`",
    "lr_scheduler_type": "`trainer.schedule.type`",
    "mask_truncated_completions": "`tasks[].overlong`, `{type: skip}`",
    "max_completion_length": "`rollout.max_tokens`",
    "max_epochs": _STEPS,
    "max_len": "`rollout.context_tokens` for prompt and response, `rollout.max_tokens` for the response",
    "max_length": "`rollout.context_tokens` for prompt and response, `rollout.max_tokens` for the response",
    "max_model_len": "`rollout.context_tokens`",
    "max_new_tokens": "`rollout.max_tokens`",
    "max_prompt_length": _PROMPT,
    "max_response_length": "`rollout.max_tokens`",
    "max_seq_length": "`rollout.context_tokens`",
    "max_steps": "`steps`",
    "micro_batch_size": _MICROBATCH,
    "micro_rollout_batch_size": "not there: the engine batches by itself",
    "micro_train_batch_size": _MICROBATCH,
    "min_new_tokens": "`tasks[].min_tokens`",
    "min_p": _SAMPLER,
    "mini_batch_size": "not there: a step is one optimizer step over all its responses",
    "model": "`policy.model`",
    "model_name": "`policy.model`",
    "model_name_or_path": "`policy.model`",
    "hub_model_id": "`output.push_to`",
    "n": "`tasks[].samples_per_prompt`",
    "n_gpus_per_node": _NODES,
    "n_samples_per_prompt": "`tasks[].samples_per_prompt`",
    "nnodes": _NODES,
    "num_episodes": _STEPS,
    "num_epochs": _STEPS,
    "num_generations": "`tasks[].samples_per_prompt`",
    "num_gpus": "`trainer.ranks`, `rollout.workers` and `resources` say who takes GPUs",
    "num_nodes": _NODES,
    "num_processes": "`trainer.ranks`",
    "num_train_epochs": _STEPS,
    "num_workers": "`rollout.workers`",
    "optim": "`trainer`; AdamW is the one optimizer",
    "optimizer": "`trainer`; AdamW is the one optimizer",
    "optimizer_offload": "`trainer.offload.optimizer`",
    "output_dir": _OUTPUT,
    "overlong_buffer": "`tasks[].overlong`, `{type: punish}`",
    "overlong_buffer_len": "`tasks[].overlong`, `{type: punish}`",
    "overlong_filter": "`tasks[].overlong`, `{type: skip}`",
    "param_offload": "`trainer.offload.parameters`",
    "peft": "`policy.lora`",
    "peft_config": "`policy.lora`",
    "per_device_train_batch_size": _MICROBATCH,
    "ppo_epochs": "not there: every response is trained on once",
    "ppo_micro_batch_size_per_gpu": _MICROBATCH,
    "ppo_mini_batch_size": "not there: a step is one optimizer step over all its responses",
    "precision": _DTYPE,
    "pretrain": "`policy.model`",
    "project_name": _TRACKER,
    "prompt_data": "`tasks[].prompts.path`",
    "prompt_max_len": _PROMPT,
    "push_to_hub": "`output.push_to`, a hub id",
    "ref_model": "`reference.model`",
    "ref_model_mixup_alpha": "`reference.follows.share`",
    "ref_model_sync_steps": "`reference.follows.every`",
    "reference_model": "`reference.model`",
    "report_to": _TRACKER,
    "response_length": "`rollout.max_tokens`",
    "reward_fn": "`tasks[].judges`, and `tasks[].reward`, `{type: rules}` for what they say",
    "reward_funcs": "`tasks[].judges`, and `tasks[].reward`, `{type: rules}` for what they say",
    "reward_model": "`tasks[].reward.model`",
    "reward_model_path": "`tasks[].reward.model`",
    "reward_pretrain": "`tasks[].reward.model`",
    "reward_weights": "`tasks[].reward.of[].weight`",
    "rollout_batch_size": "`tasks[].prompts_per_step`",
    "rollout_n": "`tasks[].samples_per_prompt`",
    "run_dir": _OUTPUT,
    "run_name": "`name`",
    "save_freq": _CHECKPOINTS,
    "save_path": _OUTPUT,
    "save_steps": _CHECKPOINTS,
    "save_total_limit": "`checkpoint.keep_last`",
    "scale_rewards": "`tasks[].method.normalize` of grpo",
    "stop_strings": "`tasks[].stop`",
    "stop_token_ids": "the policy's own, in its generation_config.json",
    "sync_ref_model": "`reference.follows`",
    "system_prompt": "`tasks[].system`",
    "tensor_model_parallel_size": "`rollout.tensor_parallel`",
    "tensor_parallel_size": "`rollout.tensor_parallel`",
    "test_freq": "`evaluation.every`",
    "top_k": _SAMPLER,
    "top_p": _SAMPLER,
    "torch_dtype": _DTYPE,
    "total_epochs": _STEPS,
    "total_training_steps": "`steps`",
    "train_batch_size": _STEP,
    "train_file": "`tasks[].prompts.path`",
    "train_files": "`tasks[].prompts.path`",
    "train_steps": "`steps`",
    "trust_remote_code": "not there: code that comes with a model is never run",
    "use_peft": "`policy.lora`",
    "use_vllm": "`rollout.engine`",
    "use_wandb": _TRACKER,
    "val_files": "`tasks[].eval_prompts.path`",
    "vllm_gpu_memory_utilization": "`rollout.gpu_memory_fraction`",
    "vllm_num_engines": "`rollout.workers`",
    "vllm_tensor_parallel_size": "`rollout.tensor_parallel`",
    "wandb": _TRACKER,
    "warmup_ratio": "`trainer.schedule.warmup_steps`, in steps",
    "world_size": "`trainer.ranks`",
    "zero_optimization": "`trainer.zero_stage`, `trainer.offload`, and DeepSpeed's own numbers under `trainer.zero`",
}

KINDS: Mapping[str, Mapping[str, str]] = {
    "loss": {
        "alpha_divergence": "`{type: dpo_alpha, alpha: 0.5}`",
        "aot_pair": "`aot`",
        "bco_pair": "`bco`",
        "cdpo": "`{type: dpo, label_smoothing: 0.1}`",
        "exo_pair": "`exo`",
        "forward_kl": "`dpo_forward_kl`",
        "hinge": "`slic`",
        "js_divergence": "`dpo_js`",
        "kto": "KTO takes single responses of a file: `{loss: kto}` in a job of `kind: preferences`",
        "nca_pair": "`nca`",
        "sigmoid": "`dpo`",
        "sigmoid_norm": "`dpo_norm`",
        "sppo_hard": "`sppo`",
    },
    "method": {
        "dapo": "`{type: grpo, clip_high: 0.28, drop_equal: true, beta: 0}` in a task with `per: token`",
        "dpo": "online DPO is `{type: oaif, loss: dpo}`; on a file of pairs it is a job of `kind: preferences`",
        "dr_grpo": "`{type: grpo, normalize: false, beta: 0}` in a task with `per: limit`",
        "ipo": "online IPO is `{type: oaif, loss: ipo}`",
        "ppo": "`crpg` and `grpo` are the policy gradients here, both without a value model",
        "raft": "`crraft`",
        "reinforce": "`crpg`",
        "sft": "supervised finetuning is a job of its own, of `kind: sft`; an alignment starts from its result",
        "slic": "`{type: oaif, loss: slic}`",
    },
    "reward": {
        "judges": "`rules` goes by what the task's judges say",
        "reward_model": "`model`",
        "verifiable": "`rules` goes by what the task's judges say",
        "weighted": "`sum`, each part with a `weight`",
    },
}
"""By setting: what elsewhere is a type of it."""


def for_key(key: str, known: Sequence[str], job: Any) -> str:
    """What to write in place of an unknown ``key``, where ``known`` keys may stand. ``job``: a kind or a union."""
    places = sorted({place for kind in models(job) for place, name in fields(kind) if name == key})
    elsewhere = " or ".join(f"under `{place}`" if place else "at the top" for place in places)
    if near := difflib.get_close_matches(key, known, n=1, cutoff=0.75):
        return f"did you mean {near[0]!r}?" + (f" {key!r} itself stands {elsewhere}" if places else "")
    if foreign := FOREIGN.get(key.lower().replace("-", "_")):
        return f"here that is {foreign}" if foreign.startswith("`") else foreign
    if places:
        return f"it stands {elsewhere}"
    if near := difflib.get_close_matches(key, known, n=1, cutoff=0.5):
        return f"did you mean {near[0]!r}?"
    return f"known keys: {', '.join(known)}"


def for_type(tag: str, known: Sequence[str], *, setting: str, types: str = "Types") -> str:
    """What to write in place of an unknown ``type`` of a ``setting``. ``types``: what all ``known`` are called."""
    near = difflib.get_close_matches(tag, known, n=1, cutoff=0.6)
    foreign = KINDS.get(setting, {}).get(tag.lower())
    hint = f"{foreign}. " if foreign else f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}{types}: {', '.join(known)}"


def fields(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, str]]:
    """Every ``(place, key)`` of a document: ``("tasks[].method", "beta")``; the place of a top key is ``""``."""
    for name, field in model.model_fields.items():
        yield place, name
        many = "[]" if get_origin(field.annotation) is tuple else ""
        for inner in models(field.annotation):
            yield from fields(inner, f"{place}.{name}{many}".removeprefix("."))


def models(annotation: Any) -> list[type[BaseModel]]:
    """Every spec model that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, UnionType, tuple, list, Annotated):
        return [model for inner in get_args(annotation) for model in models(inner)]
    return []
