"""For Django REST framework, which is not installed with the app: the extra `rest_framework` brings it."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from .identity import HEADERS, Identity, Refused, identify


class APIKeyAuthentication(BaseAuthentication):
    """Authenticate by the headers of an API key. `request.auth` is its Identity, `request.user` a KeyUser.

    Where neither header is sent, the next authentication class of the view has its turn.
    """

    account = ""  # a subclass may name the account that keys have to enter: their own, unless another one is named

    def authenticate(self, request: Request) -> tuple[KeyUser, Identity] | None:
        if not any(name in request.headers for name in HEADERS):
            return None
        try:
            identity = identify(request._request, account=self.account)
        except Refused as refused:
            raise Refusal(refused) from None
        if identity.deprecation:
            request.parser_context["view"].headers["Deprecation"] = identity.deprecation
        return KeyUser(identity), identity

    def authenticate_header(self, request: Request) -> str:
        return "AppToken"


class KeyUser(AnonymousUser):
    """Signed in, but no person: it has no permission of Django's, and throttles count it by its key."""

    is_authenticated = True  # type: ignore[assignment]
    is_anonymous = False  # type: ignore[assignment]

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self.pk = self.username = identity.key  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.username

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyUser) and self.pk == other.pk

    def __hash__(self) -> int:
        return hash(self.pk)


class Refusal(APIException):
    """Keeps its status whatever other authentication classes the view has; DRF makes the headers of the last two."""

    def __init__(self, refused: Refused) -> None:
        super().__init__({"code": refused.code, "message": refused.message})
        self.status_code = refused.status
        self.auth_header = "AppToken" if refused.status == 401 else None
        self.wait = 1 if refused.status == 503 else None
