"""The ledger, and triggers that keep it append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_ledger"
down_revision = "0002_calls_and_cases"
branch_labels = None
depends_on = None

CODE = sa.String(length=64)
INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _ledger_entry()
    _ledger_seal()
    _make_append_only()


def downgrade() -> None:
    raise NotImplementedError("记录不可删除：请恢复备份")


def _ledger_entry() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("what", CODE, nullable=False),
        sa.Column("subject", CODE, nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("mac", CODE, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_entry")),
        sqlite_autoincrement=True,
    )


def _ledger_seal() -> None:
    op.create_table(
        "ledger_seal",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("previous", CODE, nullable=False),
        sa.Column("digest", CODE, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_seal")),
        sqlite_autoincrement=True,
    )


def _make_append_only() -> None:
    dialect = op.get_bind().dialect.name
    for table in ("ledger_entry", "ledger_seal"):
        for statement in _SQLITE if dialect == "sqlite" else _POSTGRES:
            op.execute(statement.format(table=table))


_SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()",
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()",
)
