"""Log-probs of responses by those who are asked for them between steps: the reference, and the present weights."""

from collections.abc import Sequence

from raylign.methods.selection import Scores
from raylign.types import Completion, Prompt
from raylign.types import Sequence as TokenSequence
from raylign.workers import Reference, Trainer


async def reference_logprobs(reference: Reference, pairs: Sequence[tuple[Prompt, Completion]]) -> Scores:
    """Reference log-probs by (prompt id, index)."""
    if not pairs:
        return {}
    values = await reference.score(pairs)
    return {completion.key: logprobs for (_, completion), logprobs in zip(pairs, values, strict=True)}


async def policy_logprobs(trainer: Trainer, pairs: Sequence[tuple[Prompt, Completion]]) -> Scores:
    """Those of the weights that are trained, as they are now, by (prompt id, index)."""
    if not pairs:
        return {}
    sequences = [
        TokenSequence(
            prompt_ids=prompt.token_ids,
            response_ids=completion.token_ids,
            behavior=(),
            reference=(),
            barred=completion.barred,
        )
        for prompt, completion in pairs
    ]
    values = await trainer.score(sequences)
    return {completion.key: found for (_, completion), found in zip(pairs, values, strict=True)}
