"""A first job for a model and a data set of a tenant's, as `raylign init` writes one: named by its own words."""

import asyncio
import re

from raylign.errors import ModelNotFound, SpecError
from raylign.plan.model_files import is_hub_id
from raylign.service.access import Caller
from raylign.service.gateway import Gateway
from raylign.service.uploads import find_ready
from raylign.spec.prompts import DATASET, MODEL


async def drafted(gateway: Gateway, who: Caller, *, model: str, dataset: str, method: str) -> str:
    """The job as YAML with comments. Raises `SpecError` where there is no such model or data, or they make no job."""
    found = await asyncio.to_thread(find_ready, gateway.store, who.tenant, dataset)
    place, word = await asyncio.to_thread(_model, gateway, who, model)
    path = gateway.uploads.depot.path(found)
    told = await gateway.inspecting.begin(path, {"columns": dict(found.columns), "model": place, "method": method})
    if why := told.get("failure") or told.get("refused"):
        raise SpecError(f"of model {model!r} and dataset {dataset!r} no job can be made: {why}")
    text = str(told["text"]).replace(f"path: {path.name}", f'path: "{DATASET}{found.name}"', 1)
    return re.sub(r"(?m)^(policy: \{model: ).*?(, dtype)", lambda line: f'{line[1]}"{word}"{line[2]}', text, count=1)


def _model(gateway: Gateway, who: Caller, word: str) -> tuple[str, str]:
    """Where it is looked at, and as the job says it."""
    name = word.removeprefix(MODEL)
    try:
        return gateway.find_model(who.tenant, name), f"{MODEL}{name}"
    except ModelNotFound as error:
        if word == name and is_hub_id(word) and gateway.allowance.hub_models:
            return word, word
        raise SpecError(str(error)) from None
