"""The environment as settings.py reads it: a missing or wrong variable ends the start in one line that names it."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
SWITCH = {"on": True, "off": False, "1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}


def wrong(name: str, reason: str) -> SystemExit:
    """The one line. Not the value itself: it may hold a password."""
    return SystemExit(f"{name} {reason}. README.md lists every variable.")


def read(name: str, parse: Callable[..., Any], **options: Any) -> Any:
    """Return what `parse` (a method of `env`) makes of the variable, or leave with one line."""
    try:
        with warnings.catch_warnings(action="error"):
            return parse(name, **options)
    except Exception:  # the parsers warn and raise in many ways, all of them mean: this variable is wrong
        raise wrong(name, "cannot be read" if name in env.ENVIRON else "is not set") from None


def choice(name: str, allowed: Iterable[str], *, default: str) -> str:
    """Read a variable that may be one of a few words."""
    value: str = env.str(name, default=default)
    if value not in allowed:
        raise wrong(name, f"must be one of {', '.join(allowed)}")
    return value


def switch(name: str, *, default: bool) -> bool:
    """Read an on/off variable; a typing mistake is refused, never taken for off."""
    return SWITCH[choice(name, SWITCH, default="on" if default else "off")]


DATA_DIR = Path(env.str("DATA_DIR", default="var"))
DATA_DIR = DATA_DIR if DATA_DIR.is_absolute() else BASE_DIR / DATA_DIR
env.read_env(DATA_DIR / "env") if (DATA_DIR / "env").is_file() else None
