"""Structured logging to standard error. Secrets and addresses are masked before a line is written."""

from __future__ import annotations

import json
import logging
import re
import sys

from kith.settings import Settings

_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"',;:)]+")
_PHONE = re.compile(r"(?<![\w.])\+\d[\d ()-]{7,}\d")
_SECRET = re.compile(r"(?i)\b(password|secret|token|api[_-]?key|authorization)(\"?\s*[=:]\s*\"?)([^\s\",}]+)")
_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def mask(text: str) -> str:
    """Addresses, phone numbers and what follows the name of a secret are replaced."""
    text = _SECRET.sub(r"\1\2***", text)
    return _PHONE.sub("<phone>", _ADDRESS.sub("<address>", text))


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        return mask(
            f"{record.levelname.lower():7} {record.name}: {record.getMessage()} {extra}".rstrip()
        ) + _trace(self, record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line |= _extra(record)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return mask(json.dumps(line, default=str))


def get_logger(name: str) -> logging.Logger:
    """A logger of the house; pass what is structured as `extra={...}`."""
    return logging.getLogger(name)


def configure_logging(settings: Settings) -> None:
    """Send the house's own loggers to standard error in the format that the settings name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    for room in ROOMS:
        logger = logging.getLogger(room)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(settings.log_level.upper())


ROOMS = (
    "kith",
    "ingestion",
    "identity",
    "ml",
    "measurement",
    "activation",
    "api",
    "dashboards",
    "dagster_project",
    "sandbox",
)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return "\n" + mask(formatter.formatException(record.exc_info)) if record.exc_info else ""
