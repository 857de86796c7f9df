"""The store as a whole: every change is one short transaction, no network call inside."""

from raylign.service.store.attempts import Attempts
from raylign.service.store.database import Database
from raylign.service.store.datasets import Datasets
from raylign.service.store.dossiers import Dossiers
from raylign.service.store.fine_tunings import FineTunings
from raylign.service.store.jobs import Jobs
from raylign.service.store.keys import Keys
from raylign.service.store.labels import LabelQueues
from raylign.service.store.quotas import Quotas
from raylign.service.store.reports import Reports
from raylign.service.store.secrets import Secrets
from raylign.service.store.webhooks import Webhooks
from raylign.service.store.wishes import Wishes


class Store(
    Jobs, Wishes, Attempts, Reports, Dossiers, Keys, Quotas, Datasets, FineTunings, Webhooks, LabelQueues, Secrets
):
    """Jobs, attempts, events, keys, quotas, datasets, webhooks, labels and secrets in one database. Thread-safe.

    Every call may raise `StoreUnavailable`: nothing was changed then, or, of a long report, the rest.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def unavailable_at(self) -> float:
        """When the database was last not to be had (Unix seconds; 0: never): no driver could report then."""
        return self._database.unavailable_at

    def ready(self) -> bool:
        """Whether the database answers and has the newest schema."""
        return self._database.at_head()
