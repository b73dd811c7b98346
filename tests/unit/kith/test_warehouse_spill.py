"""What doesn't fit into memory lies below KITH_HOME, to each connection its own, and goes with it."""

import os
import subprocess
import sys

from kith.warehouse import Warehouse

MANY = (
    "SELECT count(*) FROM (SELECT range AS n, md5(CAST(range AS TEXT)) AS t FROM range(3000000) ORDER BY t)"
)


def test_spill__lies_below_the_home_and_goes_with_the_connection(settings, home):
    small = settings.model_copy(update={"memory_limit": "60MB"})
    with Warehouse(small) as warehouse:
        folder = warehouse.value("SELECT current_setting('temp_directory')")
        assert folder.startswith(str(home.spill / f"{os.getpid()}-"))
        assert warehouse.value(MANY) == 3_000_000
    assert not list(home.spill.rglob("*.tmp"))


def test_spill__of_two_connections_is_apart(settings):
    with Warehouse(settings) as one, Warehouse(settings) as other:
        folders = {each.value("SELECT current_setting('temp_directory')") for each in (one, other)}
    assert len(folders) == 2


def test_spill__of_the_dead_is_swept_away_and_of_the_living_stays(settings, home):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    for process in (int(dead.stdout), os.getppid()):
        (home.spill / f"{process}-0").mkdir(parents=True)
    with Warehouse(settings):
        assert [each.name for each in home.spill.iterdir() if each.name.endswith("-0")] == [
            f"{os.getppid()}-0"
        ]
