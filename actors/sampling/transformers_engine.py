"""A plain transformers engine: batched sampling with a KV cache and a seed per request. Slow, and it runs anywhere."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import PreTrainedModel

from actors.loading import DTYPES, DType, load_policy
from actors.sampling.engine import Sampled
from actors.sampling.stops import spelled
from actors.tokenizers import load_tokenizer, stop_tokens
from actors.weights.checkpoint_names import checkpoint_tensors
from actors.weights.gpu_transfer import Step
from actors.weights.landing import Landing
from actors.weights.weight_update import WeightUpdate
from raylign.errors import PublishFailed, SpecError
from raylign.tensors.threads import use_threads
from raylign.types import Request

BATCH = 64
"""Most requests that are sampled together."""


class TransformersEngine:
    """Implements `actors.sampling.engine.Engine`.

    Requests are cut into batches by prompt length, so the same requests give the same bits. A token costs one uniform
    number of its own request's generator.
    """

    def __init__(
        self,
        *,
        model: str,
        weights: str | None,
        dtype: DType,
        device: str,
        threads: int,
        context_tokens: int | None,
    ) -> None:
        if device == "cpu":
            use_threads(threads)
        self.model: PreTrainedModel = load_policy(model, dtype=dtype, device=device, weights=weights)
        self.tokenizer = load_tokenizer(model)
        limit = self.model.config.max_position_embeddings
        if context_tokens is not None and context_tokens > limit:
            raise SpecError(
                f"rollout.context_tokens is {context_tokens!r}, but the model {model!r} has {limit} positions: lower it"
            )
        self.context_tokens = int(context_tokens or limit)
        self._dtype, self._device = dtype, device
        self._ends = frozenset(stop_tokens(model, self.tokenizer))

    def facts(self) -> dict[str, Any]:
        """What the engine says of itself."""
        return {"engine": "transformers", "engine_version": transformers.__version__}

    @torch.inference_mode()
    def generate(self, requests: Sequence[Request]) -> Iterator[list[tuple[int, Sampled]]]:
        """Yield (position in ``requests``, response) as they finish."""
        order = sorted(range(len(requests)), key=lambda at: (len(requests[at].prompt.token_ids), at))
        for first in range(0, len(order), BATCH):
            yield from self._generate_batch([(at, requests[at]) for at in order[first : first + BATCH]])

    def _generate_batch(self, batch: list[tuple[int, Request]]) -> Iterator[list[tuple[int, Sampled]]]:
        generators = [torch.Generator().manual_seed(request.seed) for _, request in batch]
        temperatures = torch.tensor([request.temperature for _, request in batch], device=self._device)
        tokens: list[list[int]] = [[] for _ in batch]
        logprobs: list[list[float]] = [[] for _ in batch]
        running = set(range(len(batch)))
        ids, mask = _left_padded([request.prompt.token_ids for _, request in batch], self._device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache = None
        while running:
            output = self.model(
                input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True,
                logits_to_keep=1,
            )  # fmt: skip
            cache = output.past_key_values
            logits_BV = output.logits[:, -1].float()
            if barred := [row for row, made in enumerate(tokens) if len(made) < batch[row][1].min_tokens]:
                logits_BV[
                    torch.tensor(barred)[:, None], torch.tensor(sorted(self._ends), dtype=torch.long)
                ] = -torch.inf
            chosen, values = _sample(logits_BV, temperatures, generators)
            done = []
            for row in sorted(running):
                tokens[row].append(int(chosen[row]))
                logprobs[row].append(float(values[row]))
                stopped = tokens[row][-1] in self._ends or self._spells(tokens[row], batch[row][1])
                if stopped or len(tokens[row]) == batch[row][1].max_tokens:
                    running.remove(row)
                    done.append(
                        (
                            batch[row][0],
                            Sampled(
                                token_ids=tuple(tokens[row]),
                                logprobs=tuple(logprobs[row]),
                                finish="stop" if stopped else "length",
                            ),
                        )
                    )
            if done:
                yield done
            ids = chosen[:, None]
            mask = torch.cat([mask, mask.new_ones(len(batch), 1)], 1)
            positions = positions[:, -1:] + 1

    def _spells(self, tokens: Sequence[int], request: Request) -> bool:
        if not request.stop or len(tokens) <= request.min_tokens:
            return False
        decode = partial(self.tokenizer.decode, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return spelled(decode(tokens), request.stop, after=len(decode(tokens[: request.min_tokens])))

    @torch.inference_mode()
    def logprobs_of(self, prompt_ids: Sequence[int], response_ids: Sequence[int]) -> list[float]:
        """Log-probability of every response token at temperature 1."""
        ids = torch.tensor([[*prompt_ids, *response_ids]], device=self._device)
        logits = self.model(input_ids=ids).logits[0, len(prompt_ids) - 1 : -1].float()
        picked: list[float] = logits.log_softmax(-1).gather(1, ids[0, len(prompt_ids) :, None])[:, 0].tolist()
        return picked

    def begin_update(self) -> None:
        """Forget what came of an update before."""
        self._arrived: dict[str, Tensor] = {}
        self._compared: dict[str, Tensor] = {}

    def take(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Keep a copy: transformers keeps the tensors that it is given, and these are the object store's."""
        for name, tensor in bucket.tensors():
            self._arrived[name] = tensor.clone()
            if name in names:
                self._compared[name] = tensor

    def transfer(self, step: Step, payload: Any) -> None:
        """Refused by the job's own rules."""
        raise PublishFailed("transformers takes weights by the object store alone")

    compare = take

    def finish_update(self, turn: int | None) -> Landing:
        """Load all weights anew and compare. Raises `PublishFailed`."""
        arrived, self._arrived = self._arrived, {}
        compared, self._compared = self._compared, {}
        try:
            model = type(self.model).from_pretrained(
                None, config=self.model.config, state_dict=dict(arrived), dtype=DTYPES[self._dtype]
            )
        except (KeyError, ValueError, RuntimeError) as error:
            raise PublishFailed(f"transformers refused it ({type(error).__name__}: {error})") from error
        held = checkpoint_tensors(model, dict(model.named_parameters()))
        problems = [f"{name!r} has no place in the engine's model" for name in arrived.keys() - held.keys()]
        problems += [f"the engine's {name!r} was not sent" for name in held.keys() - arrived.keys()]
        problems += [
            f"{name!r} differs from what was sent"
            for name in held.keys() & compared.keys()
            if not torch.equal(held[name], compared[name].to(held[name]))
        ]
        if problems:
            raise PublishFailed("; ".join(sorted(problems)))
        self.model = model.to(self._device).eval()
        return Landing(tensors=len(arrived), compared=len(compared))


def _left_padded(rows: Sequence[Sequence[int]], device: str) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, both [B, T]."""
    width = max(map(len, rows))
    ids = [[0] * (width - len(row)) + list(row) for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _sample(logits_BV: Tensor, temperatures_B: Tensor, generators: list[torch.Generator]) -> tuple[Tensor, Tensor]:
    """One token a row by inverting the cumulative distribution, and its log-probability. Temperature 0 is greedy."""
    greedy_B = temperatures_B == 0
    logprobs_BV = (logits_BV / temperatures_B.masked_fill(greedy_B, 1.0)[:, None]).log_softmax(-1)
    uniform_B1 = torch.stack([torch.rand(1, generator=generator, dtype=torch.float64) for generator in generators])
    cumulative_BV = logprobs_BV.double().exp().cumsum(-1)
    # Scaled by the total, which rounding leaves off 1: a number above the last step would fall off the end.
    sampled_B1 = torch.searchsorted(cumulative_BV, uniform_B1.to(logits_BV.device) * cumulative_BV[:, -1:], right=True)
    sampled_B = sampled_B1[:, 0].clamp(max=logits_BV.shape[1] - 1)
    chosen_B = torch.where(greedy_B, logprobs_BV.argmax(-1), sampled_B)
    return chosen_B, logprobs_BV.gather(1, chosen_B[:, None])[:, 0]
