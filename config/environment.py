"""The environment as settings.py reads it: a missing or wrong variable ends the start in one line that names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
SWITCH = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}


def read(name: str, parse: Callable[..., Any], **options: Any) -> Any:
    """Return what `parse` (a method of `env`) makes of the variable, or leave with one line."""
    try:
        return parse(name, **options)
    except Exception as error:  # the parsers raise many kinds, all of them mean: this variable is wrong
        reason = "is not set" if name not in env.ENVIRON else f"cannot be read: {error}"
        raise SystemExit(f"{name} {reason}. README.md lists every variable.") from None


def switch(name: str, *, default: bool) -> bool:
    """Read an on/off variable; a typing mistake is refused, never taken for off."""
    value = env.str(name, default="on" if default else "off")
    if value.lower() not in SWITCH:
        raise SystemExit(f"{name} must be on or off, not {value!r}. README.md lists every variable.")
    return SWITCH[value.lower()]


DATA_DIR = Path(env.str("DATA_DIR", default="var"))
DATA_DIR = DATA_DIR if DATA_DIR.is_absolute() else BASE_DIR / DATA_DIR
env.read_env(DATA_DIR / "env") if (DATA_DIR / "env").is_file() else None
