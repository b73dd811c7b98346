"""MLflow's own pages in a real browser: a training is there with its figures, its plots and its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from kith.init import initialise
from kith.lake import Home
from kith.settings import load_settings
from ml import tracking
from ml.service import command
from ml.training import train
from tests.browser.chromium import new_visit
from tests.browser.servers import free_port, serving
from tests.integration.ml.shop import define_churn, make_shop, publish_orders

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Pages:
    address: str
    run: str
    metrics: dict[str, float]


@pytest.fixture(scope="module")
def mlflow(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The address of MLflow over a home in which churn was trained."""
    folder = tmp_path_factory.mktemp("mlflow")
    define_churn(folder / "definitions")
    settings = load_settings(home=folder / "home", definitions=folder / "definitions")
    initialise(settings)
    tracking.prepare(Home(settings.home))
    trained = train(settings, publish_orders(settings, make_shop()), "churn")
    client = MlflowClient(tracking.tracking_uri(Home(settings.home)))
    run = client.get_model_version_by_alias("churn", "champion").run_id or ""
    experiment = client.get_run(run).info.experiment_id
    port = free_port()
    words = command(settings)
    words[words.index("--port") + 1] = str(port)
    address = f"http://127.0.0.1:{port}"
    environment = {"KITH_HOME": str(settings.home), "GIT_PYTHON_REFRESH": "quiet"}
    with serving(words, f"{address}/health", folder / "mlflow.log", environment):
        yield Pages(address, f"experiments/{experiment}/runs/{run}", dict(trained.metrics))


def test_mlflow__lists_the_training_and_its_registered_model(mlflow: Pages, browser: Browser) -> None:
    visit = new_visit(browser, "light")
    visit.tab.goto(f"{mlflow.address}/#/models")
    visit.tab.get_by_text("churn", exact=True).first.wait_for(timeout=60_000)
    visit.tab.goto(f"{mlflow.address}/#/models/churn")
    visit.tab.get_by_text("champion").first.wait_for(timeout=60_000)
    visit.photograph("mlflow-model")
    visit.tab.context.close()


def test_mlflow__shows_the_figures_and_plots_of_the_training(mlflow: Pages, browser: Browser) -> None:
    visit = new_visit(browser, "light")
    visit.tab.goto(f"{mlflow.address}/#/{mlflow.run}")
    visit.tab.get_by_text(str(mlflow.metrics["base_rate"]), exact=True).first.wait_for(timeout=60_000)
    visit.photograph("mlflow-run")
    visit.tab.goto(f"{mlflow.address}/#/{mlflow.run}/artifacts/calibration.png")
    picture = visit.tab.locator("img.image-content, .image-container img, img[alt='calibration.png']").first
    picture.wait_for(timeout=60_000)
    visit.photograph("mlflow-plot")
    visit.tab.context.close()
