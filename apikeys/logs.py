import logging
import re

# What opens something, and what is written in its place.
SECRETS = [
    (re.compile(r"[A-Z]{40,}"), "<token>"),
    (re.compile(r"(password/reset/key/)[^/\s\"]+"), r"\1<key>"),
]


class Masked(logging.Formatter):
    """Write each line with its secrets masked, wherever they came in: message, arguments or traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret, mask in SECRETS:
            line = secret.sub(mask, line)
        return line
