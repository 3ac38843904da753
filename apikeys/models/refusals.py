"""What a verb raises when the state forbids it. Pages answer it as a message, the API as JSON, with the same status."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Nothing was changed, and `message` says why. `status` is the HTTP status of the answer."""

    status: int
    message: object

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refusal):
    status = 403
    message = _("This user role does not allow this action.")


class RenewalUnavailable(Refusal):
    status = 403
    message = _("Token renewal is not available for this account.")


class KeyGone(Refusal):
    status = 404
    message = _("This key is no longer available")


class NoRenewalPending(Refusal):
    status = 404
    message = _("This key has no pending renewal.")


class RenewalPending(Refusal):
    status = 409
    message = _("This key already has a pending renewal. Delete the old token or undo the renewal first.")


class AlreadyAdded(Refusal):
    status = 409
    message = _("This key was already added")


class ChangedMeanwhile(Refusal):
    """The key is no longer as the person saw it."""

    status = 409
    message = _("This key was changed by another user. The list was updated.")
