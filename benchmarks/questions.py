"""Rows per second of a two-token judge against bare vLLM scoring: model, settings and token ids alike, in turns."""

import random
import time
from collections.abc import Callable

from benchmarks.beside_bare import run

ROWS, TOKENS = 128, 48
BEFORE, AFTER = ("".join(f"<{token}>" for token in span) for span in (range(10, 42), range(50, 58)))
TEMPLATE = f"{BEFORE}{{{{ response }}}}{AFTER}"
"""32 tokens, the response, 8 tokens."""
POSITIVE, NEGATIVE = "<5>", "<6>"


def rates(side: str, model: str, rounds: int, threads: int) -> list[float]:
    """Rows/s of each round after a first one that warms up. No row comes twice: its answer would be known."""
    put = _ours(model, threads) if side == "ours" else _bare(model, threads)
    found = []
    for turn in range(rounds + 1):
        draw = random.Random(turn)
        rows = ["".join(f"<{draw.randrange(60, 90)}>" for _ in range(TOKENS)) for _ in range(ROWS)]
        found.append(ROWS / put(rows))
    return found[1:]


def _ours(model: str, threads: int) -> Callable[[list[str]], float]:
    """Seconds for rows, from texts to verdicts."""
    from actors.judging.llm_judge import LLMJudgeWorker
    from raylign.judges.questions.two_token import LLMJudge
    from raylign.types import Prompt

    worker = LLMJudgeWorker(model=model, device="cpu", threads=threads, memory_gb=1.0)
    judge = LLMJudge(model=model, template=TEMPLATE, positive=POSITIVE, negative=NEGATIVE, min_mass=0)
    prompt = Prompt(task="t", id="t/0", text="", question="Why?", messages=(), token_ids=(2,))

    def put(rows: list[str]) -> float:
        begun = time.perf_counter()
        worker.ask(judge, [(prompt, row) for row in rows])
        return time.perf_counter() - begun

    return put


def _bare(model: str, threads: int) -> Callable[[list[str]], float]:
    """Seconds for the same engine, its token ids made beforehand and its log-probabilities left unread."""
    from vllm import SamplingParams

    from actors.sampling.vllm_engine import EngineSettings, start_engine
    from actors.tokenizers import load_tokenizer

    tokenizer = load_tokenizer(model)
    candidates = [tokenizer.encode(word, add_special_tokens=False)[0] for word in (POSITIVE, NEGATIVE)]
    engine = start_engine(
        EngineSettings(model=model, dtype="float32", threads=threads, memory_gb=1.0, logprobs="raw_logprobs")
    )
    params = SamplingParams(
        max_tokens=1, temperature=0.0, logprob_token_ids=candidates, detokenize=False, ignore_eos=True
    )
    serial = iter(range(10**9))

    def put(rows: list[str]) -> float:
        made = [tokenizer.encode(BEFORE + row + AFTER) for row in rows]
        begun = time.perf_counter()
        engine.reset_prefix_cache()
        for ids in made:
            engine.add_request(str(next(serial)), {"prompt_token_ids": ids}, params)
        while engine.has_unfinished_requests():
            engine.step()
        return time.perf_counter() - begun

    return put


if __name__ == "__main__":
    run("benchmarks.questions", __doc__, "rows/s", rates)
