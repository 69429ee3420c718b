"""No submission is given up: what cannot be decided is told to a person, so there is no reason to keep beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("submission") as table:
        table.drop_column("reason")


def downgrade() -> None:
    op.add_column("submission", sa.Column("reason", sa.Text(), nullable=True))
