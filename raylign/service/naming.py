"""What a posted job names by this gateway's own words, put in terms of files."""

from raylign.service.access import Caller
from raylign.service.gateway import Gateway
from raylign.service.uploads import find_ready
from raylign.spec import Work
from raylign.spec.places import replaced
from raylign.spec.prompts import DATASET


def resolved(gateway: Gateway, job: Work, who: Caller) -> Work:
    """The job with the file of each ``dataset://NAME`` of ``who``'s tenant. Raises `SpecError` where there is none."""

    def locate(key: str, value: str) -> str:
        if key != "path" or not value.startswith(DATASET):
            return value
        return str(gateway.uploads.depot.path(find_ready(gateway.store, who.tenant, value.removeprefix(DATASET))))

    return replaced(job, locate)
