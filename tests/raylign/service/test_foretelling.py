"""What a job would be, as far as no route is asked: tests/raylign/service/routes/test_plans.py has the rest."""

from recipe_job import policy, recipe, stage
from service import FakeRay, job_document, open_store

from raylign.service.access import Caller, Scope
from raylign.service.bulletin import Bulletin
from raylign.service.checks import Checks
from raylign.service.foretelling import foretell
from raylign.service.gateway import Gateway
from raylign.service.home import open_home


async def test_what_cannot_be_looked_at_in_time_is_said_and_not_planned(tmp_path) -> None:
    import threading

    hang = threading.Event()
    who = Caller(tenant="default", scopes=frozenset({Scope.READ}), key_id="k")
    gateway = Gateway(
        store=open_store(tmp_path),
        bulletin=Bulletin(),
        ray=FakeRay().client(),
        api_key="k",
        home=open_home(tmp_path),
        checks=Checks(lambda job: hang.wait(10), deadline_s=0.02),
    )
    told = await foretell(gateway, who, job_document(), "{}")
    hang.set()
    assert told.errors == []
    assert told.plan is None
    assert "could not be looked at in time" in told.notes[0]


async def test_a_recipe_is_foretold_stage_by_stage(tmp_path) -> None:
    who = Caller(tenant="default", scopes=frozenset({Scope.READ}), key_id="k")
    gateway = Gateway(
        store=open_store(tmp_path),
        bulletin=Bulletin(),
        ray=FakeRay().client(),
        api_key="k",
        home=open_home(tmp_path),
    )
    told = await foretell(gateway, who, recipe(), "{}")
    assert (told.errors, [plan["job"] for plan in told.plan["stages"]]) == ([], ["sft", "reward", "align"])
    told = await foretell(gateway, who, recipe(stage("align", **policy("sft"))), "{}")
    (fault,) = told.errors
    assert fault.message.startswith("stage 'align': the policy is 'stage://sft', and there is no such stage")
