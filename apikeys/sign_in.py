"""Sign-in as allauth does it, with what this product wants otherwise."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows shows that the sign-in or sign-out worked."""

    def _get_login_attempts_cache_key(self, request: Any, **credentials: Any) -> str:
        """Limit attempts by e-mail alone. allauth's key holds the Host header with its port, which a client may vary."""
        return str(credentials.get("email", "")).lower()
