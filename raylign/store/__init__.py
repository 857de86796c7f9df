"""Jobs, their attempts and their events, in SQLite or PostgreSQL. The gateway is the only writer."""

from raylign.store.database import open_database
from raylign.store.lease import Lease
from raylign.store.records import AttemptRecord, JobRecord, Receipt
from raylign.store.states import TERMINAL, AttemptState, State
from raylign.store.store import Store

__all__ = [
    "TERMINAL",
    "AttemptRecord",
    "AttemptState",
    "JobRecord",
    "Lease",
    "Receipt",
    "State",
    "Store",
    "open_database",
]
