"""Alembic's entry: hands the open connection to the migrations."""

from alembic import context

from memory.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
