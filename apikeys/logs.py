import logging
import re

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

# What opens something, and what is written in its place.
SECRETS = [
    (re.compile(r"[A-Z]{40,}"), "<token>"),
    (re.compile(r"(password/reset/key/)[^/\s\"\\]+"), r"\1<key>"),
]


class Masked(logging.Formatter):
    """Write each line with its secrets masked, wherever they came in: message, arguments or traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret, mask in SECRETS:
            line = secret.sub(mask, line)
        return line


class MaskedJSON(Masked, JsonFormatter):
    """Write each line as one JSON object, its traceback included."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            timestamp="time",
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            # What uvicorn and Django give their own formatters.
            reserved_attrs=[*RESERVED_ATTRS, "color_message", "request"],
        )
