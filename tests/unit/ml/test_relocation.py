import sqlite3
from contextlib import closing

import pytest

from ml.relocation import ADDRESSES, follow_home


@pytest.fixture
def records(tmp_path):
    """A database with one address of a table each; the one that was laid there before, or none."""
    database = tmp_path / "there" / "mlflow" / "mlflow.db"
    database.parent.mkdir(parents=True)

    def with_addresses(address):
        with closing(sqlite3.connect(database)) as connection:
            for table, column in ADDRESSES:
                connection.execute(f"CREATE TABLE {table} ({column} TEXT)")
                connection.execute(f"INSERT INTO {table} VALUES (?), ('mlruns/0'), (NULL)", (address,))
            connection.commit()
        return database

    return with_addresses


def addresses(database):
    with closing(sqlite3.connect(database)) as connection:
        return [connection.execute(f"SELECT {column} FROM {table}").fetchall() for table, column in ADDRESSES]


def test_follow_home__leads_every_address_to_where_the_home_is(records):
    database = records("file:///was/home/mlflow/artifacts/churn/models/m-1/artifacts")
    here = database.parent
    assert follow_home(database, here) == 4
    led = f"{here.as_uri()}/artifacts/churn/models/m-1/artifacts"
    assert addresses(database) == [[(led,), ("mlruns/0",), (None,)]] * 4
    assert follow_home(database, here) == 0


def test_follow_home__of_a_database_that_is_not_laid_out_does_nothing(tmp_path):
    assert follow_home(tmp_path / "mlflow.db", tmp_path) == 0
    with closing(sqlite3.connect(tmp_path / "mlflow.db")):
        pass
    (tmp_path / "mlflow.db").touch()
    assert follow_home(tmp_path / "mlflow.db", tmp_path) == 0
