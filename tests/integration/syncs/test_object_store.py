"""Files in an object store that speaks S3, on a server of its own.

`KITH_TEST_S3=http://127.0.0.1:9000` names one (MinIO, `moto_server -p 9000`); an installed moto is started here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from uuid import uuid4

import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from activation.destinations.files import FilesDestination
from tests.integration.syncs.sync_world import define, outcomes, publish, run
from tests.integration.syncs.test_files import FIELDS, rows


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    named = os.environ.get("KITH_TEST_S3", "")
    if named:
        yield named
        return
    if find_spec("moto") is None:
        pytest.skip("KITH_TEST_S3 names no server, and moto isn't installed (`make postgres` does)")
    from moto.server import ThreadedMotoServer  # pyright: ignore[reportMissingImports]

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def store(server, monkeypatch) -> fs.S3FileSystem:
    """The server's own view of its bucket `kith`, and the variables by which the destination finds it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("KITH_SYNC_FILES_ENDPOINT", server)
    scheme, _, host = server.partition("://")
    opened = fs.S3FileSystem(
        endpoint_override=host, scheme=scheme, region="us-east-1", allow_bucket_creation=True
    )
    opened.create_dir("kith")
    return opened


@pytest.fixture
def folder() -> str:
    return f"kith/{uuid4().hex}"


def names(store: fs.S3FileSystem, folder: str) -> list[str]:
    found = store.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    return sorted(each.path.removeprefix(folder + "/") for each in found if each.is_file)


@pytest.mark.parametrize("style", ["parquet", "csv"])
def test_replace__leaves_one_object_and_no_parts(settings, monkeypatch, clock, store, folder, style):
    options = {"path": f"s3://{folder}", "format": style}
    world = define(settings, monkeypatch, to="files", mode="replace", fields=FIELDS, options=options)
    for count in (5, 4):
        publish(world, clock, {"people": rows(count)})
        assert run(world, clock).outcomes == {"accepted": count}
        assert names(store, folder) == [f"people.{style}"]
        with store.open_input_file(f"{folder}/people.{style}") as file:
            table = pq.read_table(file) if style == "parquet" else pc.read_csv(file)
        assert sorted(table.column("id").to_pylist()) == [f"p{n}" for n in range(count)]


def test_append__a_batch_told_twice_is_one_object(settings, monkeypatch, clock, store, folder):
    options = {"path": f"s3://{folder}"}
    world = define(settings, monkeypatch, to="files", mode="append", fields=FIELDS, options=options)
    publish(world, clock, {"people": rows(3)})
    original = FilesDestination.push
    monkeypatch.setattr(
        FilesDestination, "push", lambda self, batch, note: (original(self, batch, note), 1 / 0)[0]
    )
    run(world, clock)
    monkeypatch.setattr(FilesDestination, "push", original)
    run(world, clock)
    (name,) = names(store, folder)
    with store.open_input_file(f"{folder}/{name}") as file:
        assert pq.read_table(file).num_rows == 3


def test_push__into_a_bucket_that_is_not_there_is_no_success(settings, monkeypatch, clock, store):
    options = {"path": f"s3://nowhere-{uuid4().hex}/x"}
    world = define(settings, monkeypatch, to="files", mode="append", fields=FIELDS, options=options)
    publish(world, clock, {"people": rows(3)})
    report = run(world, clock)
    assert "accepted" not in report.outcomes
    assert {row["outcome"] for row in outcomes(world)} <= {"unknown", "failed"}


def test_open__with_nobody_there_leaves_the_run_unfinished(settings, monkeypatch, clock, store, folder):
    monkeypatch.setenv("KITH_SYNC_FILES_ENDPOINT", "http://127.0.0.1:9")
    options = {"path": f"s3://{folder}"}
    world = define(settings, monkeypatch, to="files", mode="append", fields=FIELDS, options=options)
    publish(world, clock, {"people": rows(3)})
    report = run(world, clock)
    assert "accepted" not in report.outcomes
