"""What a job may tell ZeRO, and what it may not, and why."""

import pytest
from documents import document

from raylign.errors import SpecError
from raylign.spec import parse_job

NUMBERS = {"reduce_bucket_size": 5e8, "overlap_comm": True, "stage3_max_live_parameters": 1000}


def test_deepspeed_s_own_numbers_are_told_by_its_names() -> None:
    zero = parse_job(document(trainer={"zero_stage": 3, "zero": NUMBERS})).jobs[0].trainer.zero
    assert zero is not None
    assert zero.told == {"reduce_bucket_size": 500_000_000, "overlap_comm": True, "stage3_max_live_parameters": 1000}


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        ({"zero": {"reduce_bucket": 5}}, "'trainer.zero.reduce_bucket'; did you mean 'reduce_bucket_size'?"),
        ({"zero": {"allgather_bucket_size": 0}}, "'trainer.zero.allgather_bucket_size' is 0"),
        ({"zero": {"overlap_comm": 3}}, "'trainer.zero.overlap_comm' is 3"),
        ({"zero": {"stage": 2}}, "`stage` is not a job's to set: `trainer.zero_stage` says it; leave it out"),
        ({"zero": {"offload_param": {}}}, "`offload_param` is not a job's to set: `trainer.offload` says"),
        ({"zero": {"stage3_max_live_parameters": 9}}, "is ZeRO-3's, and stage 0 runs: set `trainer.zero_stage: 3`"),
        ({"zero_stage": 2, "zero": {"sub_group_size": 9}}, "`trainer.zero.sub_group_size` is ZeRO-3's, and stage 2"),
        ({"stage3_max_live_parameters": 9}, "it stands under `trainer.zero`"),
        ({"adam_offload": True}, "here that is `trainer.offload.optimizer`"),
        ({"offload": {}}, "`trainer.offload` says nothing"),
        ({"offload": {"optimizer": "gpu"}}, "'trainer.offload.optimizer' is 'gpu'"),
        ({"offload": {"optimizer": "cpu"}, "zero_stage": 0}, "is ZeRO's: set `trainer.zero_stage` to 1"),
        (
            {"offload": {"parameters": "cpu"}, "zero_stage": 2},
            "keeps shards of the weights on the host, and ZeRO-2 has none, every GPU holds all of them",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(trainer: dict[str, object], says: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_job(document(trainer=trainer))
    assert says in str(refused.value)
