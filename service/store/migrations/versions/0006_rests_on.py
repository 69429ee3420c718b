"""Who may read a line of a chronology that rests on other cases: which those are, and who knows of it all the same."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chronology", sa.Column("apart", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("chronology") as table:
        table.drop_column("apart")
