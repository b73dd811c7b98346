"""Lint: what campaigns and journeys say that can't work or is hardly meant, with file, line and the way out."""

from activation.journeys.linting.findings import Finding, Severity
from activation.journeys.linting.known import known_segments
from activation.journeys.linting.linter import lint

__all__ = ["Finding", "Severity", "known_segments", "lint"]
