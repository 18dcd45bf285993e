"""Webhooks that reach devices are told which ones"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("with_devices", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    # New rows say it themselves.
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.alter_column(
            "with_devices", server_default=None, existing_type=sa.Boolean(), existing_nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.drop_column("with_devices")
