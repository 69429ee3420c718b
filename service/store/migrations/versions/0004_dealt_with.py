"""When a person dealt with bytes that were set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kept_bytes", sa.Column("dealt_with_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("kept_bytes") as table:
        table.drop_column("dealt_with_at")
