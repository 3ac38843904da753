"""What the API takes, gives and says of itself: https://spec.openapis.org/oas/v3.1.0"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from .authentication import KEY_HEADER, TOKEN_HEADER
from .errors import Problem

SECURITY_SCHEMES = {
    "AppKey": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
    "AppToken": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER},
}
# Of every operation: the two halves of a key, a limit, a gate and a database stand before it.
ALWAYS = (401, 403, 429, 503)


class Body(Schema):
    """Names as in JavaScript. What was sent, or is a token, is in no error."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class Error(Body):
    code: str
    message: str


def answers(success: Any, *problems: int) -> dict[str, Any]:
    """Return how an operation is declared: what it gives, and the problems that it can end in."""
    return {"response": {200: success, (*ALWAYS, *problems): Error}, "by_alias": True}


class JSONParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem(415)
        return json.loads(request.body)


class API(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Say that key and token come together, which ninja has no words for."""
        document = super().get_openapi_schema(**options)
        document["components"]["securitySchemes"] = SECURITY_SCHEMES
        document["security"] = [{name: [] for name in SECURITY_SCHEMES}]
        return document
