"""Label queues, their pairs, and who said what of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label_queues",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("pairs", sa.Integer, nullable=False),
        sa.Column("passed_over", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label_queues"),
        sa.UniqueConstraint("tenant", "name", name="uq_label_queues_tenant"),
    )
    op.create_table(
        "label_pairs",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("pair", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "key", name="pk_label_pairs"),
        sa.ForeignKeyConstraint(["queue_id"], ["label_queues.id"], name="fk_label_pairs_queue_id"),
    )
    op.create_index("ix_label_pairs_queue_id_at", "label_pairs", ["queue_id", "at"])
    op.create_table(
        "label_words",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("labeller", sa.String(64), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("word", sa.String(8), nullable=False),
        sa.Column("said_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "labeller", "key", name="pk_label_words"),
        sa.ForeignKeyConstraint(["queue_id"], ["label_queues.id"], name="fk_label_words_queue_id"),
    )


def downgrade() -> None:
    op.drop_table("label_words")
    op.drop_table("label_pairs")
    op.drop_table("label_queues")
