"""The migrations make what the code describes, for both databases."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import METADATA
from kith.state import StateDatabase


def test_schema__migrations_make_exactly_the_tables_described(settings):
    database = StateDatabase.open(settings)
    assert RECEIPTS.metadata is METADATA
    made = sa.inspect(database.engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column for column in made.get_columns(table.name)}
        assert list(columns) == [column.name for column in table.columns]
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, (table.name, column.name)
            expected = column.type.compile(dialect=database.engine.dialect)
            assert columns[column.name]["type"].compile(dialect=database.engine.dialect) == expected
        key = made.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key]
        indexes = {index["name"]: index["column_names"] for index in made.get_indexes(table.name)}
        assert indexes == {index.name: [column.name for column in index.columns] for index in table.indexes}
    database.close()


def test_schema__compiles_for_postgresql():
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
