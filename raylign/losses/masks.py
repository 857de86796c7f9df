"""Masks over response tokens, made of the reference's activations. Shapes: U units, N sequences, T tokens, L layers, H
numbers of a state, M maps. Computed in float32, whatever the models are in.

A token's mask comes of the position before it, where it is predicted.
"""

import torch
from torch import Tensor

GROUPS = 4
"""Of maps: all MLPs', all attentions', all layers', the logits'."""


class LearnedMask(torch.nn.Module):
    """SparsePO's (arXiv 2410.05102): ``m = relu( sum_l c_l relu(w_l . LN(h_l) + b_l) )``, one LayerNorm for all layers.

    It starts as 1 at every token (w = 0, b = 1, c = 1/L), so that SparsePO starts as TDPO: a mask that starts at 0 has
    no gradient, and leaves the policy none. It has no upper bound.
    """

    def __init__(self, layers: int, hidden: int) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(hidden)
        self.weight_LH = torch.nn.Parameter(torch.zeros(layers, hidden))
        self.bias_L = torch.nn.Parameter(torch.ones(layers))
        self.mixer_L = torch.nn.Parameter(torch.full((layers,), 1 / layers))

    def forward(self, states_UNTLH: Tensor) -> Tensor:
        """[U, N, T], on padding too."""
        norm = self.norm
        normed = torch.nn.functional.layer_norm(
            states_UNTLH.float(), norm.normalized_shape, norm.weight.float(), norm.bias.float(), norm.eps
        )
        scores_UNTL = torch.einsum("untlh,lh->untl", normed, self.weight_LH.float()) + self.bias_L.float()
        return torch.relu(torch.relu(scores_UNTL) @ self.mixer_L.float())


@torch.no_grad()
def activation_mask(maps_UNTM: Tensor, mask_UNT: Tensor) -> Tensor:
    """MaPO's (arXiv 2410.05102), [U, N, T]: every map scaled to [0, 1] over its response; their mean by groups, then
    over groups. ``mask_UNT``: 1 on response tokens.

    A map that is the same at all of a response's tokens, as of a single one, tells none from another: it is 1 there.
    """
    here = mask_UNT[..., None] > 0
    low = maps_UNTM.masked_fill(~here, torch.inf).amin(-2, keepdim=True)
    high = maps_UNTM.masked_fill(~here, -torch.inf).amax(-2, keepdim=True)
    spread = high - low
    scaled_UNTM = torch.where(spread > 0, (maps_UNTM - low) / spread, 1.0)
    layers = (maps_UNTM.shape[-1] - 1) // (GROUPS - 1)
    groups = scaled_UNTM.split([layers] * (GROUPS - 1) + [1], -1)
    return torch.stack([group.mean(-1) for group in groups], -1).mean(-1) * mask_UNT
