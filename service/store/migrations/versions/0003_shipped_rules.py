"""Of which shipped rules a proposal knew, so that a school hears when those have moved on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy_version", sa.Column("shipped", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("policy_version") as table:
        table.drop_column("shipped")
