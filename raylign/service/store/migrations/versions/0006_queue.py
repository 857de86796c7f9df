"""Where a job stands in the queue, what its user says of it, and that it may be retried."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("jobs", sa.Column("rank", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("after_job", sa.String(40)))
    op.add_column("jobs", sa.Column("start_after", sa.Float))
    op.add_column("jobs", sa.Column("counts_from", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_jobs_queue", "jobs", ["state", "rank", "id"])


def downgrade() -> None:
    op.drop_index("ix_jobs_queue", "jobs")
    for column in ("counts_from", "start_after", "after_job", "rank", "metadata"):
        op.drop_column("jobs", column)
