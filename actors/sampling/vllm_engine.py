"""A vLLM engine in this process: sampling with a seed per request, and weights replaced in place.

vLLM reads its environment when it is imported, so it is imported only once `start_engine` has set it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from actors.imports import importing
from actors.sampling.engine import Sampled
from actors.sampling.heap import keep_freed_memory
from actors.tokenizers import stop_tokens
from actors.weights.gpu_transfer import BACKENDS, Carrier, Step
from actors.weights.landing import Landing
from actors.weights.weight_update import WeightUpdate
from raylign.errors import PublishFailed, RunError, SpecError
from raylign.tensors.threads import use_threads
from raylign.types import Request

ENVIRONMENT = {
    # One process: requests are scheduled the same way every time, and weights are handed over without a copy.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # Ray shares the cores; vLLM must not pin threads to them.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
MAX_SEQUENCES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What one engine is started with."""

    model: str
    """A directory, or a hub id: its configuration, tokenizer and stop tokens are served."""
    weights: str | None = None
    """Another model of the same architecture whose weights it starts on; its own where absent. Safetensors only."""
    dtype: str = "auto"
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = 1
    """Compute threads, on CPU."""
    tensor_parallel: int = 1
    context_tokens: int | None = None
    memory_gb: float = 1.0
    """KV cache in GiB, on CPU."""
    gpu_memory_fraction: float = 0.85
    carrier: Carrier = "object_store"
    """How new weights come."""
    logprobs: Literal["processed_logprobs", "raw_logprobs"] = "processed_logprobs"
    """processed: under the distribution sampled from, temperature included."""


def start_engine(settings: EngineSettings) -> Any:
    """A ``vllm.v1.engine.llm_engine.LLMEngine``. Sets vLLM's environment and this process's threads.

    Raises `SpecError` when vLLM cannot serve the model.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    on_cpu = settings.device == "cpu"
    if on_cpu:
        os.environ["OMP_NUM_THREADS"] = str(settings.threads)
        use_threads(settings.threads)
        keep_freed_memory()
        # vLLM compiles one tiny function on its first batch, which takes most of a minute and saves nothing.
        torch._dynamo.config.disable = True
    with importing():
        from vllm.engine.arg_utils import EngineArgs
        from vllm.v1.engine.llm_engine import LLMEngine

    if on_cpu:
        _inspect_here(settings.model)
    place: dict[str, Any] = (
        {
            "enforce_eager": True,
            "kv_cache_memory_bytes": int(settings.memory_gb * 2**30),
            # A prompt split over two steps draws once too often; taking the draw back fails for generators on CPU.
            "enable_chunked_prefill": False,
        }
        if on_cpu
        # Triton's kernels hold experts as they come, so that they can be read back.
        else {"gpu_memory_utilization": settings.gpu_memory_fraction, "moe_backend": "triton"}
    )
    arguments = EngineArgs(
        model=settings.weights or settings.model,
        hf_config_path=settings.model,
        tokenizer=settings.model,
        dtype=settings.dtype,
        load_format="safetensors",
        trust_remote_code=False,
        seed=0,
        tensor_parallel_size=settings.tensor_parallel,
        distributed_executor_backend="uni" if settings.tensor_parallel == 1 else "mp",
        # -1: the model's own limit, or what the cache has room for.
        max_model_len=-1 if settings.context_tokens is None else settings.context_tokens,
        max_num_seqs=MAX_SEQUENCES,
        logprobs_mode=settings.logprobs,
        enable_prefix_caching=True,
        async_scheduling=False,
        disable_log_stats=True,
        worker_extension_cls="actors.weights.worker.WeightsExtension",
        weight_transfer_config={"backend": BACKENDS[settings.carrier]},
        **place,
    )
    try:
        return LLMEngine.from_engine_args(arguments)
    except ValueError as error:
        raise SpecError(f"vLLM cannot serve {settings.model!r}: {error}") from error


def _inspect_here(model: str) -> None:
    """Let vLLM look at the model's class in this process.

    Otherwise it imports all of vLLM once more, in another process, the first time it meets an architecture.
    """
    from transformers import AutoConfig
    from vllm import ModelRegistry

    try:
        config = AutoConfig.from_pretrained(model, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise SpecError(f"{model!r} is not a model that can be loaded: {error}") from error
    for architecture in config.architectures or ():
        if architecture in ModelRegistry.models:
            ModelRegistry.register_model(architecture, ModelRegistry.models[architecture].load_model_cls())


class VLLMEngine:
    """Samples responses, scores them, and takes new weights. Implements `actors.sampling.engine.Engine`."""

    def __init__(self, settings: EngineSettings) -> None:
        self.engine = start_engine(settings)
        self.tokenizer = self.engine.renderer.tokenizer
        self._stops = list(stop_tokens(settings.model, self.tokenizer))
        self._serial = 0

    @property
    def context_tokens(self) -> int:
        return int(self.engine.model_config.max_model_len)

    def facts(self) -> dict[str, Any]:
        """What the engine says of itself."""
        import vllm

        cache = self.engine.vllm_config.cache_config
        return {
            "engine": "vllm",
            "engine_version": vllm.__version__,
            "kv_blocks": cache.num_gpu_blocks,
            "kv_block_tokens": cache.block_size,
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[list[tuple[int, Sampled]]]:
        """Yield (position in ``requests``, response) as they finish, one list an engine step.

        All requests are queued before the first step, so the schedule depends on them alone; cached prefixes are shared
        among them and forgotten afterwards. Leaving the iterator early aborts what is not finished.
        """
        self.engine.reset_prefix_cache()
        positions = {
            self._add(request.prompt.token_ids, self._sampling(request)): at for at, request in enumerate(requests)
        }
        try:
            while positions:
                done = [output for output in self.engine.step() if output.finished]
                if done:
                    yield [(positions.pop(output.request_id), _sampled(output)) for output in done]
        finally:
            self.engine.abort_request(list(positions))

    def logprobs_of(self, prompt_ids: Sequence[int], response_ids: Sequence[int]) -> list[float]:
        """Log-probability of every response token at temperature 1."""
        from vllm import SamplingParams

        params = SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0, detokenize=False)
        self._add((*prompt_ids, *response_ids), params)
        (output,) = self._drain()
        rows = output.prompt_logprobs[len(prompt_ids) :]
        return [row[token].logprob for row, token in zip(rows, response_ids, strict=True)]

    def next_token_logprobs(
        self, prompts: Sequence[Sequence[int]], candidates: Sequence[int]
    ) -> list[tuple[float, ...]]:
        """Log-probability of each candidate as the token after each prompt. Needs ``logprobs="raw_logprobs"``."""
        from vllm import SamplingParams

        self.engine.reset_prefix_cache()
        # Asked for at temperature 0: only the candidates' probabilities matter, not what would be drawn.
        params = SamplingParams(
            max_tokens=1, temperature=0.0, logprob_token_ids=list(candidates), detokenize=False, ignore_eos=True
        )
        names = [self._add(prompt, params) for prompt in prompts]
        rows = {output.request_id: output.outputs[0].logprobs[0] for output in self._drain()}
        return [tuple(rows[name][candidate].logprob for candidate in candidates) for name in names]

    def write(self, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[tuple[list[int], bool]]:
        """(the likeliest tokens after each prompt, whether they came to an end)."""
        from vllm import SamplingParams

        self.engine.reset_prefix_cache()
        params = SamplingParams(
            max_tokens=max_tokens, temperature=0.0, stop_token_ids=list(self._stops), detokenize=False
        )
        names = [self._add(prompt, params) for prompt in prompts]
        done = {output.request_id: output.outputs[0] for output in self._drain()}
        return [(list(done[name].token_ids), done[name].finish_reason == "stop") for name in names]

    def begin_update(self) -> None:
        """Have vLLM take weights layer by layer. Raises `PublishFailed`."""
        self._everywhere("begin_landing")

    def take(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Load a bucket in place. Raises `PublishFailed`."""
        self._everywhere("take_bucket", bucket, list(names))

    def transfer(self, step: Step, payload: Any) -> None:
        """A step of an update that comes from GPU to GPU (`actors.weights.gpu_transfer`). Raises `PublishFailed`."""
        match step:
            case "init":
                self._everywhere("init_weight_transfer_engine", payload)
            case "start":
                self.begin_update()
            case "update":
                self._everywhere("receive_transfer", payload)
            case "finish":
                self._everywhere("end_transfer")

    def compare(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Of what was transferred, what is to be compared by value. Raises `PublishFailed`."""
        self._everywhere("compare_bucket", bucket, list(names))

    def finish_update(self, turn: int | None) -> Landing:
        """Prove that all landed; see `actors.weights.landing.prove`. Raises `PublishFailed`."""
        landings: list[Landing] = self._everywhere("finish_landing", turn)
        self.engine.reset_prefix_cache()
        problems = [problem for landing in landings for problem in landing.problems]
        if problems:
            raise PublishFailed("; ".join(dict.fromkeys(problems)))
        return landings[0]

    def _everywhere(self, method: str, *args: Any) -> list[Any]:
        """What each process of the engine answers (`actors.weights.worker`)."""
        try:
            answers: list[Any] = self.engine.collective_rpc(method, args=args)
        except (KeyError, ValueError, RuntimeError, AssertionError) as error:
            # vLLM's loaders refuse a name or a shape in any of these ways, half way through.
            raise PublishFailed(f"vLLM refused it ({type(error).__name__}: {error}); restart the worker") from error
        return answers

    def _sampling(self, request: Request) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            temperature=request.temperature,
            seed=request.seed,
            max_tokens=request.max_tokens,
            min_tokens=request.min_tokens,
            stop_token_ids=list(self._stops),
            logprobs=0,  # the sampled token's alone
            flat_logprobs=True,
            stop=list(request.stop),
            detokenize=bool(request.stop),  # else whole handfuls are decoded at once
            output_kind=RequestOutputKind.FINAL_ONLY,
            skip_clone=True,
        )

    def _add(self, token_ids: Sequence[int], params: Any) -> str:
        self._serial += 1
        name = str(self._serial)
        self.engine.add_request(name, {"prompt_token_ids": list(token_ids)}, params)
        return name

    def _drain(self) -> Iterator[Any]:
        while self.engine.has_unfinished_requests():
            yield from (output for output in self.engine.step() if output.finished)


def _sampled(output: Any) -> Sampled:
    (response,) = output.outputs
    if response.finish_reason not in ("stop", "length"):
        raise RunError(f"vLLM ended request {output.request_id!r} with {response.finish_reason!r}; see its log")
    return Sampled(
        token_ids=tuple(response.token_ids), logprobs=tuple(response.logprobs.logprobs), finish=response.finish_reason
    )
