"""The tables. A change here needs a migration; a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("tenant", String(64), nullable=False, server_default="default"),
    Column("document", JSON, nullable=False),
    Column("idempotency_key", String(255)),
    Column("body_sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("desired", String(8), nullable=False),
    Column("status_reason", Text, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("run_dir", Text),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("cancel_asked_at", Float),
    Column("pause_asked_at", Float),
    Column("pause_ends_at", Float),
    Column("metadata", JSON, nullable=False, server_default="{}"),
    # Minus the priority: so an index has the order of the queue.
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("after_job", String(40)),
    Column("start_after", Float),
    Column("counts_from", Integer, nullable=False, server_default="1"),
    UniqueConstraint("tenant", "idempotency_key"),
    Index("ix_jobs_state_id", "state", "id"),
    Index("ix_jobs_queue", "state", "rank", "id"),
    Index("ix_jobs_tenant_id", "tenant", "id"),
    Index("ix_jobs_tenant_state_id", "tenant", "state", "id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("submission_id", String(64), nullable=False),
    Column("token_sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("submitted_at", Float),
    Column("reported_at", Float),
    Column("stop_asked_at", Float),
    Column("ended_at", Float),
    PrimaryKeyConstraint("job_id", "n"),
    UniqueConstraint("submission_id"),
    Index("ix_attempts_state", "state"),
)

events = Table(
    "events",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("time", Float, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", JSON, nullable=False),
    PrimaryKeyConstraint("job_id", "seq"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Column("used_at", Float),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("filename", String(255), nullable=False, server_default=""),
    Column("format", String(16), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("columns", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("report", JSON),
    Column("created_at", Float, nullable=False),
    Column("ready_at", Float),
    UniqueConstraint("tenant", "name"),
)

quotas = Table(
    "quotas",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("queued", Integer),
    Column("running", Integer),
    Column("stored_bytes", BigInteger),
    Column("requests_per_s", Float),
)

fine_tunings = Table(
    "fine_tunings",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_fine_tunings_tenant_job_id", "tenant", "job_id"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_webhooks_tenant", "tenant"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", String(40), ForeignKey("webhooks.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("job_id", String(40), nullable=False),
    Column("job_name", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Float),
    Column("delivered_at", Float),
    Column("error", Text, nullable=False),
    Index("ix_deliveries_next_at", "next_at"),
    Index("ix_deliveries_webhook_id", "webhook_id"),
)

label_queues = Table(
    "label_queues",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("pairs", Integer, nullable=False),
    Column("passed_over", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("tenant", "name"),
)

label_pairs = Table(
    "label_pairs",
    metadata,
    Column("queue_id", String(40), ForeignKey("label_queues.id"), nullable=False),
    Column("key", String(16), nullable=False),
    Column("at", Integer, nullable=False),
    # JSON, not text: of what responses may hold, PostgreSQL's text takes no NUL.
    Column("pair", JSON, nullable=False),
    PrimaryKeyConstraint("queue_id", "key"),
    Index("ix_label_pairs_queue_id_at", "queue_id", "at"),
)

label_words = Table(
    "label_words",
    metadata,
    Column("queue_id", String(40), ForeignKey("label_queues.id"), nullable=False),
    Column("labeller", String(64), nullable=False),
    Column("key", String(16), nullable=False),
    Column("word", String(8), nullable=False),
    Column("said_at", Float, nullable=False),
    PrimaryKeyConstraint("queue_id", "labeller", "key"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("set_at", Float, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(64), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("since", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)
