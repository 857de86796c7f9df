"""When a job was asked to pause, and how long it may stay so."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("pause_asked_at", sa.Float))
    op.add_column("jobs", sa.Column("pause_ends_at", sa.Float))


def downgrade() -> None:
    op.drop_column("jobs", "pause_ends_at")
    op.drop_column("jobs", "pause_asked_at")
