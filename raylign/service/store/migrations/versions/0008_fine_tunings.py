"""Fine-tuning jobs as they were asked for; what senders call their files."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fine_tunings",
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_fine_tunings"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_fine_tunings_job_id", ondelete="CASCADE"),
    )
    op.create_index("ix_fine_tunings_tenant_job_id", "fine_tunings", ["tenant", "job_id"])
    with op.batch_alter_table("datasets") as datasets:
        datasets.add_column(sa.Column("filename", sa.String(255), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("datasets") as datasets:
        datasets.drop_column("filename")
    op.drop_index("ix_fine_tunings_tenant_job_id", "fine_tunings")
    op.drop_table("fine_tunings")
