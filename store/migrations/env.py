"""Alembic runs this: it migrates the connection that store.schema hands over."""

from __future__ import annotations

from alembic import context

from store.models import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata, compare_type=True)
context.run_migrations()
