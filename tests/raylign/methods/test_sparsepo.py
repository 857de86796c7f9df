"""Masked preference optimisation as methods: their objectives, and what is said of masks that let nothing through."""

import pytest
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.methods.sparsepo import MaPO, SparsePO


def test_a_task_of_pairs_names_them():
    learned = pairs_job(task={"method": {"type": "sparsepo", "mask": "independent", "l1_kl": 0.0}})
    assert learned.tasks[0].method == SparsePO(mask="independent", l1_kl=0.0)
    assert learned.reads == {"divergence", "states"}
    assert pairs_job(task={"method": {"type": "mapo", "beta": 0.8}}).reads == {"divergence", "maps"}
    with pytest.raises(SpecError, match="l1_kl"):
        pairs_job(task={"method": {"type": "sparsepo", "l1_kl": -1}})


def test_masks_are_not_trained_under_zero_3_which_keeps_a_last_gradient():
    with pytest.raises(SpecError, match="zero_stage` 3 cannot train a loss with weights of its own"):
        pairs_job(task={"method": {"type": "sparsepo"}}, trainer={"zero_stage": 3})
    assert pairs_job(task={"method": {"type": "mapo"}}, trainer={"zero_stage": 3}).trainer.sharding == 3


def test_defaults_are_those_published_for_dialogue():
    method = SparsePO()
    assert (method.beta, method.mask, method.l1_ratio, method.l1_kl) == (0.1, "common", 1e-3, 1e-3)
    assert method.objective.settings["weight_decay"] == 0.01


def test_masks_that_are_zero_everywhere_are_said_so():
    method = SparsePO(mask="independent")
    assert method.ailing({}) == ""
    assert method.ailing({"mask": 1e-6, "kl_mask": 0.2}) == ""
    assert method.ailing({"mask": 0.0, "kl_mask": 0.2}).startswith("the masks of the log-ratios are zero")
    both = method.ailing({"mask": 0.0, "kl_mask": 0.0})
    assert both.startswith("the masks of the log-ratios and of the KL are zero")
    assert "lower `l1_ratio`" in both
    assert MaPO().ailing({"mask": 0.5}) == ""
