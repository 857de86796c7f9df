"""Jobs, their attempts and their events, in SQLite or PostgreSQL. The gateway is the only writer."""

from raylign.service.store.database import open_database
from raylign.service.store.datasets import DatasetRecord, DatasetState
from raylign.service.store.keys import KeyRecord
from raylign.service.store.labels import LabelPair, LabelQueueRecord
from raylign.service.store.lease import Lease
from raylign.service.store.quotas import QuotaRecord
from raylign.service.store.records import AttemptRecord, Dossier, JobRecord, Receipt
from raylign.service.store.secrets import SecretRecord
from raylign.service.store.states import LEAVING, TERMINAL, AttemptState, State
from raylign.service.store.store import Store
from raylign.service.store.webhooks import Delivery, WebhookRecord

__all__ = [
    "LEAVING",
    "TERMINAL",
    "AttemptRecord",
    "AttemptState",
    "DatasetRecord",
    "DatasetState",
    "Delivery",
    "Dossier",
    "JobRecord",
    "KeyRecord",
    "LabelPair",
    "LabelQueueRecord",
    "Lease",
    "QuotaRecord",
    "Receipt",
    "SecretRecord",
    "State",
    "Store",
    "WebhookRecord",
    "open_database",
]
