"""What a posted job names by this gateway's own words, put in terms of files and directories."""

from raylign.errors import ModelNotFound, SpecError
from raylign.judges.endpoints import registry
from raylign.service.access import Caller
from raylign.service.gateway import Gateway
from raylign.service.uploads import find_ready
from raylign.spec import Work
from raylign.spec.places import replaced
from raylign.spec.prompts import DATASET, MODEL


def asker_of(gateway: Gateway, tenant: str, word: str) -> dict[str, str] | str:
    """Whom a job of ``tenant``'s asks by a model's name: an endpoint that the operator registered, or a model.

    Raises `SpecError` that says which there are.
    """
    endpoints = registry.registered()
    if word in endpoints:
        return {"endpoint": word}
    name = word.removeprefix(MODEL)
    try:
        gateway.find_model(tenant, name)
    except ModelNotFound:
        known = ", ".join(sorted({*endpoints, *gateway.fine_tuning.models})) or "none"
        raise SpecError(
            f"there is no model {word!r} to ask: registered here are {known}; a job's result is named by its id, "
            f"{MODEL}job_..."
        ) from None
    return f"{MODEL}{name}"


def resolved(gateway: Gateway, job: Work, who: Caller) -> Work:
    """The job with the file of each ``dataset://NAME``, and the directory of each ``model://NAME``, that ``who`` means.

    Raises `SpecError` where there is none.
    """

    def locate(key: str, value: str) -> str:
        if key == "path" and value.startswith(DATASET):
            return str(gateway.uploads.depot.path(find_ready(gateway.store, who.tenant, value.removeprefix(DATASET))))
        if key == "model" and value.startswith(MODEL):
            try:
                return gateway.find_model(who.tenant, value.removeprefix(MODEL))
            except ModelNotFound as error:
                raise SpecError(str(error)) from None
        return value

    return replaced(job, locate)
