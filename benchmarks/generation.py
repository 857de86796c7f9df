"""Tokens per second of a rollout worker against bare vLLM: model, engine settings, requests, seeds alike, in turns."""

import os
import time

from benchmarks.beside_bare import run

PROMPTS, SAMPLES, TOKENS = 8, 4, 64
PROMPT_TOKENS, CONTEXT, SEQUENCES = 16, 256, 256


def rates(side: str, model: str, rounds: int, threads: int) -> list[float]:
    """Response tokens/s of each round after a first one that warms up."""
    from raylign.types import Prompt, Request

    requests = [
        Request(
            prompt=Prompt(
                task="t",
                id=f"t/{n}",
                text="",
                question="",
                messages=(),
                token_ids=tuple(range(10 + n, 10 + n + PROMPT_TOKENS)),
            ),
            index=index,
            seed=SAMPLES * n + index,
            max_tokens=TOKENS,
        )
        for n in range(PROMPTS)
        for index in range(SAMPLES)
    ]
    if side == "ours":
        from actors.sampling.rollout import RolloutWorker
        from raylign.spec.parts import RolloutSettings

        settings = RolloutSettings(context_tokens=CONTEXT)
        worker = RolloutWorker(model=model, dtype="float32", rollout=settings, device="cpu", threads=threads)

        def once() -> int:
            return sum(len(each.token_ids) for handful in worker.generate(requests, None) for each in handful)

    else:
        os.environ |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
        os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1"}
        import torch
        from vllm import LLM, SamplingParams

        torch.set_num_threads(threads)
        torch._dynamo.config.disable = True
        llm = LLM(
            model=model,
            dtype="float32",
            max_model_len=CONTEXT,
            max_num_seqs=SEQUENCES,
            enforce_eager=True,
            enable_chunked_prefill=False,
            enable_prefix_caching=True,
            async_scheduling=False,
            logprobs_mode="processed_logprobs",
        )
        prompts = [{"prompt_token_ids": list(request.prompt.token_ids)} for request in requests]
        wanted = [
            SamplingParams(temperature=1.0, seed=request.seed, max_tokens=TOKENS, logprobs=0) for request in requests
        ]

        def once() -> int:
            llm.reset_prefix_cache()
            return sum(len(each.outputs[0].token_ids) for each in llm.generate(prompts, wanted, use_tqdm=False))

    once()
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        tokens = once()
        found.append(tokens / (time.perf_counter() - begun))
    return found


if __name__ == "__main__":
    run("benchmarks.generation", __doc__, "tokens/s", rates)
