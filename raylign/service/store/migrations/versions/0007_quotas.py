"""What each tenant may have at most."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("queued", sa.Integer),
        sa.Column("running", sa.Integer),
        sa.Column("stored_bytes", sa.BigInteger),
        sa.Column("requests_per_s", sa.Float),
        sa.PrimaryKeyConstraint("tenant", name="pk_quotas"),
    )


def downgrade() -> None:
    op.drop_table("quotas")
