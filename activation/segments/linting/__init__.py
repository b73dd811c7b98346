"""Lint: what a definition says that can't be meant. `lint(settings, files)` answers findings with file and line."""

from activation.segments.linting.findings import Finding, Severity
from activation.segments.linting.linter import lint

__all__ = ["Finding", "Severity", "lint"]
