"""Alembic's entry: the connection is handed in by kith.state.revisions."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
