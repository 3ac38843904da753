"""The keys of an account, as integrations list, generate, activate and deactivate them."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from ninja import Path, Query, Router
from pydantic import AfterValidator, Field, StrictBool

from apikeys.models import APIKey, ChangedMeanwhile, Resource
from apikeys.models.keys import KEY_FORMAT, NAME_LENGTH, UNPRINTABLE

from .authentication import CallerRequest, CallingKey, actor_of, key_to_change
from .openapi import Body, answers
from .tokens import NewToken

PAGE_SIZE = 100
NAME_OR_NONE = f"^({KEY_FORMAT})?$"

Label = Annotated[
    str,
    # Printable, and more than spaces.
    Field(max_length=NAME_LENGTH, pattern=rf"^[^{UNPRINTABLE}]*[^\s{UNPRINTABLE}][^{UNPRINTABLE}]*$"),
    AfterValidator(str.strip),
]

router = Router(tags=["Keys"])


class NewKey(Body):
    label: Label


class Status(Body):
    is_active: StrictBool


class Key(Body):
    id: str
    app_key: str
    label: str
    created_in: dt.datetime
    is_active: bool


class GeneratedKey(Key):
    app_token: NewToken


class ListedKey(Key):
    creation_date_token: dt.datetime = Field(description="Of the old token while renewing, else of the only one")
    last_used_token: dt.datetime | None
    creation_date_new_token: dt.datetime | None = Field(description="Null unless a renewal is pending")
    last_used_new_token: dt.datetime | None


@router.get("/vlm/appkeys", auth=CallingKey(needs=Resource.VIEW), **answers(list[ListedKey], 422))
def list_keys(
    request: CallerRequest,
    response: HttpResponse,
    app_key: Annotated[str, Query(alias="appKey", pattern=NAME_OR_NONE, description="Only this key")] = "",
    after: Annotated[str, Query(pattern=NAME_OR_NONE, description="The last appKey of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE)] = PAGE_SIZE,
) -> list[ListedKey]:
    """List the keys of the account in the order of `appKey`. Where more follow, the header Link leads to them."""
    keys = request.caller.account.api_keys.filter(key__gt=after).order_by("key").prefetch_related("tokens")
    keys = keys.filter(key=app_key) if app_key else keys
    found = list(keys[: limit + 1])
    if len(found) > limit:
        following = urlencode({"after": found[limit - 1].key, "limit": limit})
        response["Link"] = f'<{reverse("api:list_keys")}?{following}>; rel="next"'
    return [listed(key) for key in found[:limit] if not key.is_gone]  # deleted between the two queries: none


@router.post("/vlm/appkeys", auth=CallingKey(needs=Resource.EDIT), **answers(GeneratedKey, 400, 413, 415, 422))
def generate_key(request: CallerRequest, body: NewKey) -> GeneratedKey:
    """Generate an active key without roles: those are given by a person."""
    key, plaintext = APIKey.generate(request.caller.account, body.label, by=actor_of(request))
    return GeneratedKey(**shown(key), app_token=plaintext)


@router.put("/vlm/appkeys/{id}", auth=CallingKey(needs=Resource.EDIT), **answers(Key, 400, 413, 415, 422))
def change_status(request: CallerRequest, id: Annotated[str, Path()], body: Status) -> Key:
    """Activate or deactivate a key: from this answer on all its tokens are accepted or refused."""
    key = key_to_change(request, id=id)
    with contextlib.suppress(ChangedMeanwhile):  # it is so already
        key.activate(by=actor_of(request)) if body.is_active else key.deactivate(by=actor_of(request))
    return Key(**shown(key) | {"is_active": body.is_active})


def shown(key: APIKey) -> dict[str, Any]:
    return {
        "id": str(key.pk),
        "app_key": key.key,
        "label": key.name,
        "created_in": key.created_at,
        "is_active": key.is_active,
    }


def listed(key: APIKey) -> ListedKey:
    token, new = key.old_token or key.token, key.token if key.is_renewing else None
    return ListedKey(
        **shown(key),
        creation_date_token=token.created_at,
        last_used_token=token.last_used_at,
        creation_date_new_token=new.created_at if new else None,
        last_used_new_token=new.last_used_at if new else None,
    )
