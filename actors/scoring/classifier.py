"""A reward model's one number per row of tokens, read where transformers reads it for that row alone."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel
from transformers.modeling_layers import GenericForSequenceClassification

from actors.loading import DType, load_reward

Row = Sequence[int]


class Classifier:
    """A sequence-classification model with one output. A batch's padding has no say in where its head reads.

    transformers finds the end of a row by the id of the padding, which a row may hold itself and a tokenizer may lack.
    Here the head's value is taken at the row's own end. Models whose head sits elsewhere (encoders read their first
    token, some decoders have a head of their own making) read each row alone, without padding.
    """

    def __init__(self, name: str, *, dtype: DType, device: str, gpus: int = 1) -> None:
        """``gpus``: over how many its layers are spread, on cuda."""
        self.model: PreTrainedModel = load_reward(name, dtype=dtype, device=device, gpus=gpus)
        self._device = device
        self._padding_id: int | None = self.model.config.get_text_config().pad_token_id
        self._scores_every_token = type(self.model).forward is GenericForSequenceClassification.forward

    @torch.inference_mode()
    def __call__(self, rows: Sequence[Row]) -> list[float]:
        """One value a row, all in one forward pass where the model allows it. Rows must not be empty."""
        if self._scores_every_token:
            return self._together(rows)
        return [self.model(input_ids=self._tensor([row])).logits[0, 0].float().item() for row in rows]

    def _together(self, rows: Sequence[Row]) -> list[float]:
        width = max(map(len, rows))
        # Any id will do: no real token attends to it, and its value is not read.
        input_ids_SL = self._tensor([[*row, *[0] * (width - len(row))] for row in rows])
        mask_SL = self._tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        hidden_SLH = self.model.base_model(input_ids_SL, attention_mask=mask_SL).last_hidden_state
        scores_SL = self.model.score(hidden_SLH)[..., 0].float()
        ends_S = self._tensor([self._end(row) for row in rows]).to(scores_SL.device)
        values: list[float] = scores_SL.gather(1, ends_S[:, None])[:, 0].tolist()
        return values

    def _end(self, row: Row) -> int:
        """Where a row alone is read: at its last token that is not the padding the model itself names, if any.

        A model whose padding is its end token was trained to be read before it.
        """
        return next((at for at in reversed(range(len(row))) if row[at] != self._padding_id), 0)

    def _tensor(self, values: Sequence[Row] | Sequence[int]) -> torch.Tensor:
        return torch.tensor(values, device=self._device)
