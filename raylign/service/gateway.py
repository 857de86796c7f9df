"""What all routes work on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from raylign.service.allowance import Allowance
from raylign.service.answering.engines import Chat, Engines
from raylign.service.audit import Audit
from raylign.service.authenticator import Authenticator
from raylign.service.bodies import Bodies
from raylign.service.bulletin import Bulletin
from raylign.service.checks import Checks
from raylign.service.confines import Confines
from raylign.service.dispatch.ray_jobs import RayJobs
from raylign.service.home import Home
from raylign.service.inspecting import Inspecting
from raylign.service.openai.settings import FineTuning
from raylign.service.quotas import TenantQuotas
from raylign.service.results import Results
from raylign.service.seal import Seal
from raylign.service.store import Store
from raylign.service.uploads import DatasetLimits, Uploads
from raylign.service.vault import Vault

PAUSE_TTL_S = 7 * 86400.0


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """One gateway: its store, its notice board, its Ray."""

    store: Store
    bulletin: Bulletin
    ray: RayJobs
    api_key: str
    """The home's own: an admin's, of the tenant ``default``."""
    home: Home
    """Where what is uploaded lies."""
    allowed_hosts: Sequence[str] = ()
    """Names, besides this machine's own, under which clients may call: a stop to DNS rebinding."""
    pause_ttl_s: float = PAUSE_TTL_S
    """For which a job may stay paused, where its user does not say, and at most."""
    allowance: Allowance = field(default_factory=Allowance)
    fine_tuning: FineTuning = field(default_factory=FineTuning)
    """What the operator says of fine-tuning jobs."""
    inspecting: Inspecting = field(default_factory=Inspecting)
    """Who looks at what is uploaded."""
    dataset_limits: DatasetLimits = field(default_factory=DatasetLimits)
    bodies: Bodies = field(default_factory=Bodies)
    checks: Checks = field(default_factory=Checks)
    chat: Chat = field(default_factory=Chat)
    """What the operator says of chat."""
    audit: Audit | None = None
    """Where it is written down who did what; None: nowhere."""
    secret_keys: Path | None = None
    """The file with what seals tenants' secrets; the home's where absent."""
    confines: Confines | None = None
    """Where jobs may read; None: wherever this account can."""

    @cached_property
    def authenticator(self) -> Authenticator:
        """One for all routes: it remembers keys."""
        return Authenticator(self.store, self.api_key)

    @cached_property
    def vault(self) -> Vault:
        """What tenants' jobs name by ``secret://``."""
        return Vault(self.store, self.secret_keys or self.home.secret_keys)

    @cached_property
    def uploads(self) -> Uploads:
        """One for all routes: it knows what is being sent."""
        return Uploads(store=self.store, home=self.home, limits=self.dataset_limits, inspecting=self.inspecting)

    @property
    def results(self) -> Results:
        """What its jobs have made."""
        return Results(self.store, self.home)

    @cached_property
    def engines(self) -> Engines:
        """One for all routes: it knows what answers."""
        return Engines(self.ray, self.home.path / "chat", self.chat)

    def find_model(self, tenant: str, word: str) -> str:
        """The directory, or hub id, of a model that ``tenant`` asks for by a name of the operator's, or of a job's.

        Raises `ModelNotFound`.
        """
        if word in self.fine_tuning.models:
            return self.fine_tuning.models[word]
        return str(self.results.find(tenant, word))

    @cached_property
    def quotas(self) -> TenantQuotas:
        """One for all routes: it counts."""
        return TenantQuotas(self.store, self.home)

    @cached_property
    def seal(self) -> Seal:
        """One for all routes: it remembers whose jobs are."""
        return Seal(self.store)
