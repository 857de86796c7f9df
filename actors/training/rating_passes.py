"""The passes of a reward model: what its losses read is one number for each sequence, not log-probs of tokens."""

from collections.abc import Sequence

from torch import Tensor

from actors.training.passes import Passes
from raylign.losses.terms import Reading
from raylign.tensors.collate import Batch
from raylign.tensors.values import batched_values, collate_rows, row_values
from raylign.types import Example
from raylign.types import Sequence as TokenSequence


class RatingPasses(Passes):
    """One rank's."""

    @property
    def _padding(self) -> int:
        padding: int = self._engine.module.config.get_text_config().pad_token_id
        return padding

    def score(self, sequences: Sequence[TokenSequence]) -> list[tuple[float, ...]]:
        """The model's number for each sequence, a tuple of one."""
        rows = [(*one.prompt_ids, *one.response_ids) for one in sequences]
        values = batched_values(
            self._engine, rows, tokens_per_batch=self._budget, padding=self._padding, device=self._device
        )
        return [(value,) for value in values]

    def _collate(self, examples: Sequence[Example]) -> Batch:
        rows = [(*one.prompt_ids, *one.response_ids) for example in examples for one in example.sequences]
        return collate_rows(rows, padding=self._padding, device=self._device)

    def _read(self, batch: Batch, *, whole: bool) -> tuple[Tensor, Reading | None]:
        return row_values(self._engine, batch), None
