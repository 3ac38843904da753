"""Sessions in the database, as Django's, told apart where Django does not: a row that is gone, a database that is busy.

Django answers 400 to both, though the answer may be the only one with the plaintext of a token.
"""

import logging
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import OperationalError

logger = logging.getLogger(__name__)


class SessionStore(DatabaseStore):
    _stored: Any = None

    def load(self) -> dict[str, Any]:
        data = super().load()
        self._stored = _user_of(data)
        return data

    def save(self, must_create: bool = False) -> None:
        """Do without what a session of somebody signed in notes; else raise OperationalError (HTTP 503)."""
        try:
            super().save(must_create)
        except UpdateError as error:
            busy = error.__context__
            if not isinstance(busy, OperationalError):
                raise
            if self._stored is None or _user_of(self) != self._stored:
                raise busy from None
            logger.warning("What a session noted, such as a message, could not be stored: %s", busy)


def _user_of(session: Any) -> Any:
    return (session[SESSION_KEY], session.get(HASH_SESSION_KEY)) if SESSION_KEY in session else None
