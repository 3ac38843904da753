import io
import json
import logging

import pytest

from apikeys.logs import Masked, MaskedJSON
from apikeys.models import Plaintext


@pytest.fixture(params=["text", "json"])
def log(request):
    """What the product's own handler writes, in each format."""
    (handler,) = [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, Masked)]
    written = io.StringIO()
    before, formatter = handler.setStream(written), handler.formatter
    handler.setFormatter(MaskedJSON() if request.param == "json" else formatter)
    yield written
    handler.setStream(before)
    handler.setFormatter(formatter)


only_as_text = pytest.mark.parametrize("log", ["text"], indirect=True)
only_as_json = pytest.mark.parametrize("log", ["json"], indirect=True)


PLAINTEXT = str(Plaintext.random())


@pytest.mark.parametrize(
    "logger", ["", "apikeys", "django", "django.request", "django.server", "uvicorn", "uvicorn.access"]
)
@pytest.mark.parametrize(
    ("message", "args"),
    [
        (f"refused {PLAINTEXT}", ()),
        ("refused %s", (PLAINTEXT,)),
        ("refused %r", (PLAINTEXT,)),
        ("refused %(token)s", ({"token": PLAINTEXT},)),
        ("refused %s", ({"headers": [PLAINTEXT]},)),
        ("GET /?token=%s&key=1", (PLAINTEXT,)),
        ("refused %s", (PLAINTEXT * 3,)),
        ("refused %s", (PLAINTEXT[25:],)),
    ],
)
def test_a_token_is_masked_in_the_lines_of_every_logger(log, logger, message, args):
    logging.getLogger(logger).error(message, *args)

    assert "<token>" in log.getvalue()
    assert not any(PLAINTEXT[at : at + 12] in log.getvalue() for at in range(128 - 12))


def test_a_token_is_masked_in_tracebacks(log):
    try:
        try:
            raise ValueError(f"no such token: {PLAINTEXT}")
        except ValueError as error:
            raise RuntimeError({"token": PLAINTEXT}) from error
    except RuntimeError:
        logging.getLogger("apikeys").exception("refused")

    assert "Traceback" in log.getvalue()
    assert log.getvalue().count("<token>") == 2
    assert PLAINTEXT[25:37] not in log.getvalue()


@only_as_text
def test_the_rest_of_a_line_stays_readable(log):
    logging.getLogger("apikeys").warning("key vtexappkey-acme-YSWQFZ sent %s from 203.0.113.9", PLAINTEXT)

    assert log.getvalue().endswith("WARNING apikeys: key vtexappkey-acme-YSWQFZ sent <token> from 203.0.113.9\n")


def test_no_logger_has_a_way_around_the_mask():
    loggers = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    handlers = [handler for logger in loggers for handler in logger.handlers]

    assert all(isinstance(handler, logging.NullHandler) for handler in handlers)


def test_the_key_of_a_password_reset_is_masked(log):
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/1.1" %s', "::1", "GET", "/auth/password/reset/key/3-d1x/", 200
    )

    assert "/auth/password/reset/key/<key>/" in log.getvalue()


@only_as_json
@pytest.mark.parametrize("end", ["/", "", '"', "\\", '/"quoted"'])
def test_what_is_masked_leaves_json(log, end):
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/1.1" %s', "::1", "GET", f"/auth/password/reset/key/3-d1x{end}", 200
    )

    line = json.loads(log.getvalue())
    assert "3-d1x" not in line["message"]
    assert (line["level"], line["logger"]) == ("INFO", "uvicorn.access")


@only_as_json
def test_a_traceback_is_in_the_same_line_as_its_message(log):
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("django.request").exception("refused", extra={"status_code": 500, "request": object()})

    (line,) = map(json.loads, log.getvalue().splitlines())
    assert set(line) == {"time", "level", "logger", "message", "traceback", "status_code"}
    assert line["traceback"].endswith("ValueError: first\nsecond")
