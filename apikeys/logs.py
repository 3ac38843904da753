import logging
import re

TOKEN = re.compile(r"[A-Z]{40,}")


class Masked(logging.Formatter):
    """Write each line with what looks like a token masked, wherever it came in: message, arguments or traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub("<token>", super().format(record))
