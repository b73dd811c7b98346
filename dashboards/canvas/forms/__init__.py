"""Forms for steps and for a journey, made from the language's own JSON schema: a new word needs no form of its own."""

from dashboards.canvas.forms.draw import Suggestions, draw_form
from dashboards.canvas.forms.scalars import ABSENT
from dashboards.canvas.forms.shapes import journey_shape, step_shape

__all__ = ["ABSENT", "Suggestions", "draw_form", "journey_shape", "step_shape"]
