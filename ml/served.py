"""The script that MLflow keeps beside the plain files of a model that isn't scikit-learn's ("models from code").

MLflow runs this file anew when such a model is loaded; nothing is pickled.
"""

from __future__ import annotations

from pathlib import Path

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from kith.errors import KithError
from ml.predictions import find_model

FILES = "files"


class Served(PythonModel):
    """`artefact` is what the kind of model named in the configuration loads from the files."""

    def load_context(self, context: PythonModelContext) -> None:
        self.artefact = find_model(context.model_config["model"]).load(Path(context.artifacts[FILES]))

    # Without type hints: MLflow would take them for the model's signature.
    def predict(self, context, model_input, params=None):  # pyright: ignore[reportMissingParameterType]
        """What the artefact itself predicts from a table of its input columns, if it does."""
        if not hasattr(self.artefact, "predict"):
            raise KithError("this model reads the tables of a run", way_out="run 'kith models score NAME'")
        return self.artefact.predict(model_input)


set_model(Served())
