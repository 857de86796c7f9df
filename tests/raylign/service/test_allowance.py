"""What a stranger's job may send away: what the operator says, to where the operator says."""

import pytest
from recipe_job import recipe, stage
from service import job_document

from raylign.errors import SpecError
from raylign.service.allowance import Allowance
from raylign.spec import parse_job


def asking(*trackers):
    return parse_job(job_document() | {"trackers": list(trackers)})


def test_what_stays_here_is_anyone_s():
    Allowance().require(asking({"type": "tensorboard"}))
    Allowance(trackers=frozenset({"wandb"})).require(asking({"type": "wandb"}))


@pytest.mark.parametrize(
    ("allowed", "tracker", "says"),
    [
        ((), {"type": "wandb"}, "'trackers[0]' is 'wandb', which this service lets no job name"),
        (("wandb",), {"type": "mlflow"}, "raylign serve --trackers mlflow"),
        (("mlflow",), {"type": "mlflow", "uri": "http://10.0.0.1"}, "which is this service's operator's to say"),
        (("mlflow",), {"type": "mlflow", "uri": "file:///etc"}, "which is this service's operator's to say"),
    ],
)
def test_what_is_sent_away_is_the_operator_s_to_allow(allowed, tracker, says):
    with pytest.raises(SpecError) as refused:
        Allowance(trackers=frozenset(allowed)).require(asking(tracker))
    assert says in str(refused.value)


def test_a_result_is_pushed_by_who_is_allowed_to():
    pushing = parse_job(job_document() | {"output": {"push_to": "org/name"}})
    Allowance(push=True).require(pushing)
    with pytest.raises(SpecError, match="'output.push_to' sends the model away.*raylign serve --allow-push"):
        Allowance().require(pushing)


def test_variables_of_actors_are_the_operator_s_to_allow():
    setting = parse_job(job_document() | {"resources": {"env": {"NCCL_DEBUG": "INFO", "NCCL_NET_PLUGIN": "x.so"}}})
    Allowance(env=frozenset({"NCCL_DEBUG", "NCCL_NET_PLUGIN"})).require(setting)
    with pytest.raises(SpecError, match="'resources.env' sets 'NCCL_NET_PLUGIN'.*--job-env NCCL_NET_PLUGIN"):
        Allowance(env=frozenset({"NCCL_DEBUG"})).require(setting)


def test_models_of_the_hub_are_loaded_unless_the_operator_says_no():
    Allowance().require(asking())
    with pytest.raises(SpecError, match="'policy.model' is 'm', of the hub, of which this service lets no job load"):
        Allowance(hub_models=False).require(asking())


@pytest.mark.parametrize("name", ["prompts", "eval_prompts"])
def test_data_of_the_hub_is_read_for_who_is_allowed_to(name):
    document = job_document()
    task = document["tasks"][0] | {name: {"path": "hf://owner/private"}}
    reading = parse_job(document | {"tasks": [task]})
    Allowance(hub_data=True).require(reading)
    with pytest.raises(SpecError, match=rf"'tasks\[0\].{name}.path' is of the hub.*raylign serve --allow-hub-data"):
        Allowance().require(reading)


def test_the_gateway_refuses_it_before_it_is_queued(service):
    with service.http() as http:
        answer = http.post("/v1/jobs", json=job_document() | {"trackers": [{"type": "wandb"}]})
        assert answer.status_code == 422
        assert "lets no job name" in answer.json()["detail"]
        assert http.get("/v1/jobs").json()["data"] == []


def test_a_stage_of_a_recipe_may_do_no_more_than_a_job():
    away = parse_job(recipe(stage("a", "sft"), stage("b", output={"push_to": "org/model"})))
    with pytest.raises(SpecError, match=r"^stage 'b': 'output.push_to' sends the model away"):
        Allowance().require(away)
    Allowance(push=True).require(away)
