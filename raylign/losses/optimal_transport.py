"""AOT: the chosen responses, as a distribution, are to dominate the rejected ones.

Shapes: P pairs, R chosen or rejected responses.

Melnyk et al. 2024 (arXiv 2406.05882). Optimal transport in one dimension pairs sorted values, so each value's partner
depends on all others of the batch. A step's gradient is a sum over microbatches and ranks here, of whatever pairs the
packing puts together: as a loss of a job it would change with the token budget. So they are functions of a whole batch.
"""

from torch import Tensor

from raylign.losses.pairwise import dpo


def aot(policy_P: Tensor, reference_P: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """DPO's loss of ``sort(policy) - sort(reference)``: of a batch of pairs, smallest first, in no pair's place.

    ``policy_P``, ``reference_P``: ``log pi(y+) - log pi(y-)`` under each. Where both sort alike it is DPO's, reordered.
    """
    return dpo(policy_P.sort().values - reference_P.sort().values, beta=beta, label_smoothing=label_smoothing)


def aot_unpaired(chosen_R: Tensor, rejected_R: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """DPO's loss of ``sort(w) - sort(l)``: log-ratios of as many chosen as rejected responses, which need no pairs."""
    return dpo(chosen_R.sort().values - rejected_R.sort().values, beta=beta, label_smoothing=label_smoothing)
