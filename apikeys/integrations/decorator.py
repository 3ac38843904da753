from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from .identity import Refused, identify

View = Callable[..., HttpResponse]
ROLE_MISSING = (403, "role_missing", "The key has none of the roles that this needs.")


def api_key_required(*, roles: Collection[str] = (), account: str = "") -> Callable[[View], View]:
    """Let in only API keys, and where roles are named only those with one of them. `request.api_key` is their Identity.

    Who is refused gets the answer of GET /api/verify. Django's form token is not asked for: no browser sends the
    headers of a key by itself.
    """

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):
            raise TypeError("api_key_required waits for the database: not for async views")

        @csrf_exempt
        @functools.wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                request.api_key = identify(request, account=account)
                if roles and request.api_key.roles.isdisjoint(roles):
                    raise Refused(*ROLE_MISSING)
            except Refused as refusal:
                return refusal.response
            response = view(request, *args, **kwargs)
            if request.api_key.deprecation:
                response["Deprecation"] = request.api_key.deprecation
            # A cache in front would go on answering after the token is deleted.
            patch_cache_control(response, private=True)
            return response

        return answer

    return decorate
