"""The renewal of a token, as integrations do it: renew, then finish or undo."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from ninja import Header, Path, Router
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from apikeys.models import APIKey, Resource, Token
from apikeys.models.tokens import LENGTH

from .authentication import CallerRequest, CallingKey, actor_of, key_to_change
from .openapi import Body, answers

PATH = "/vtexid/apikey/{apiKey}/apitoken/"

NewToken = Annotated[
    str, Field(min_length=LENGTH, max_length=LENGTH, repr=False, description="Shown in this answer only")
]
Name = Annotated[str, Path(alias="apiKey", description="The key: vtexappkey-…")]
IfMatch = Annotated[
    str,
    Header(alias="If-Match", description="The creationDateNewToken of the renewal that is meant, in double quotes"),
]

router = Router(tags=["Token renewal"], auth=CallingKey(needs=Resource.RENEW))


class Settled(Body):
    id: str
    creation_date_token: dt.datetime
    creation_date_new_token: None = None


class Renewed(Body):
    id: str
    key_name: str
    creation_date_token: dt.datetime
    creation_date_new_token: dt.datetime
    expiration_period: int = Field(description="Days from the creation of a token until it is outdated")
    new_token: NewToken


@router.patch(PATH + "renew", **answers(Renewed, 400, 409))
def renew(request: CallerRequest, api_key: Name) -> Renewed:
    """Create a new token. The old one stays valid until the renewal is finished."""
    key = key_to_change(request, key=api_key)
    renewal = key.renew(by=actor_of(request))
    return Renewed(
        id=str(key.pk),
        key_name=key.key,
        creation_date_token=renewal.old_token.created_at,
        creation_date_new_token=renewal.new_token.created_at,
        expiration_period=key.account.token_duration,
        new_token=renewal.plaintext,
    )


@router.patch(PATH + "finish-renewal", **answers(Settled, 400, 404, 412))
def finish_renewal(request: CallerRequest, api_key: Name, if_match: IfMatch = "") -> Settled:
    """Delete the old token: from this answer on only the new one is valid."""
    key = key_to_change(request, key=api_key)
    return settled(key, key.delete_old_token(by=actor_of(request), seen=token_meant(key, if_match)))


@router.patch(PATH + "undo-renewal", **answers(Settled, 400, 404, 412))
def undo_renewal(request: CallerRequest, api_key: Name, if_match: IfMatch = "") -> Settled:
    """Delete the new token: from this answer on only the old one is valid."""
    key = key_to_change(request, key=api_key)
    return settled(key, key.undo_renewal(by=actor_of(request), seen=token_meant(key, if_match)))


def settled(key: APIKey, token: Token) -> Settled:
    return Settled(id=str(key.pk), creation_date_token=token.created_at)


def token_meant(key: APIKey, if_match: str) -> int | None:
    """Return the id of the newest token if the header names it, 0 if it names another, None if any will do."""
    newest = key.tokens.first()
    if if_match in ("", "*") or newest is None:
        return None
    return newest.pk if f'"{NinjaJSONEncoder().default(newest.created_at)}"' in if_match else 0
