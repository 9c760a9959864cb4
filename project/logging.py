"""How log lines look: one JSON object a line in production, a readable line for people."""

import json
import logging
from typing import Any

#: What every LogRecord has; whatever else is on one came in through `extra` and is data.
STANDARD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def extra_of(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in STANDARD_ATTRIBUTES}


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, then the data given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **extra_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """`12:00:00 INFO apps.tasks message key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.name} {record.getMessage()}"
        line += "".join(f" {key}={_in_one_line(value)}" for key, value in extra_of(record).items())
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def _in_one_line(value: object) -> str:
    """What a client has sent, a path say, must not look like a line of its own, nor steer a terminal."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class AsWarning(logging.Filter):
    """What Django calls an error and is the client's doing: worth one line that nobody can make long, and no alarm.

    It changes the record for all handlers, as those of error reports go by the level, too.
    """

    MOST_CHARACTERS = 300

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.msg, record.args = record.getMessage()[: self.MOST_CHARACTERS], ()
        record.exc_info = record.exc_text = None
        vars(record).pop("request", None)
        return True


def logging_config(log_format: str) -> dict[str, Any]:
    """For Django's LOGGING: everything to stderr, our own lines from INFO, libraries' from WARNING."""
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"facts": {"()": "apps.common.log_context.Facts"}, "as_warning": {"()": AsWarning}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["facts"]}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "apps": {"level": "INFO"},
            "project": {"level": "INFO"},
            "django": {"handlers": [], "propagate": True},
            # What a client did wrong is in the answer and in the access log of whatever stands in front.
            "django.request": {"level": "ERROR"},
            # Scanners as a rule. After a move it is the one place that says which name is missing in ALLOWED_HOSTS.
            "django.security.DisallowedHost": {"filters": ["as_warning"]},
            "django.server": {"handlers": [], "propagate": True, "level": "INFO"},
        },
    }
