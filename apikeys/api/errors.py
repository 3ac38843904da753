"""What an answer says when nothing was done: {code, message}, the same to everyone, and nothing of what was sent."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from apikeys.models import (
    ChangedMeanwhile,
    KeyGone,
    NoRenewalPending,
    NotAllowed,
    Refusal,
    RenewalPending,
    RenewalUnavailable,
)

JSON = "application/json; charset=utf-8"
PROBLEMS = {
    400: ("bad_request", "The request is malformed."),
    403: ("forbidden", "The request is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The body is too large."),
    415: ("not_json", "Send the body as application/json."),
    422: ("invalid", "What was sent is not valid."),
    429: ("too_many_requests", "The calling key sent too many requests. Try again later."),
    500: ("error", "The request could not be completed because of a technical issue."),
    503: ("unavailable", "The database is away or too busy. Try again."),
}
REFUSALS: dict[type[Refusal], tuple[int, str, str]] = {
    # As for a key that never was: nobody learns which keys other accounts have.
    KeyGone: (400, "unknown_key", "The account of the calling key has no such key."),
    NotAllowed: (403, "not_allowed", "The roles of the calling key do not allow this."),
    RenewalUnavailable: (403, "renewal_unavailable", "Token renewal is not available for this account."),
    NoRenewalPending: (404, "no_renewal_pending", "The key has no pending renewal."),
    RenewalPending: (409, "renewal_pending", "The key already has a pending renewal: finish it or undo it first."),
    ChangedMeanwhile: (412, "changed_meanwhile", "The newest token of the key is not the one that If-Match names."),
}


class Problem(Exception):
    """Ends the request with this answer."""

    def __init__(self, status: int, code: str = "", message: str = "", headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.code, self.message = (code, message) if code else PROBLEMS[status]
        self.headers = headers or {}


def problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    body = {"code": problem.code, "message": problem.message}
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JsonResponse(body, status=problem.status, headers=headers, content_type=JSON)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(request, Problem(*REFUSALS[type(refusal)]))


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which field is wrong and why. Pydantic's reasons do not repeat what was sent."""
    reasons = [f"{field['loc'][-1]}: {field['msg']}" for field in error.errors]
    return problem(request, Problem(422, "invalid", "; ".join(reasons)))


def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what ninja raises when the body cannot be parsed; its cause is what our parser raised."""
    cause = error.__cause__
    return problem(request, cause if isinstance(cause, Problem) else Problem(400))


def answer_problems(api: NinjaAPI) -> None:
    """Answer with this file whatever an operation of the API raises; the rest is left to views/errors.py."""
    handlers: dict[type[Exception], Any] = {
        Problem: problem,
        Refusal: refused,
        ValidationError: invalid,
        HttpError: unreadable,
        RequestDataTooBig: lambda request, error: problem(request, Problem(413)),
        UnreadablePostError: lambda request, error: problem(request, Problem(400)),
    }
    for error, handler in handlers.items():
        api.add_exception_handler(error, handler)
