from .accounts import Account, Member, Resource, TokenDuration
from .events import Actor, Event
from .external import ExternalKey
from .finding import Finding
from .keys import APIKey
from .refusals import (
    AlreadyAdded,
    ChangedMeanwhile,
    KeyGone,
    NoRenewalPending,
    NotAllowed,
    Refusal,
    RenewalPending,
    RenewalUnavailable,
)
from .tokens import Plaintext, Token
from .users import User

__all__ = [
    "APIKey",
    "Account",
    "Actor",
    "AlreadyAdded",
    "ChangedMeanwhile",
    "Event",
    "ExternalKey",
    "Finding",
    "KeyGone",
    "Member",
    "NoRenewalPending",
    "NotAllowed",
    "Plaintext",
    "Refusal",
    "RenewalPending",
    "RenewalUnavailable",
    "Resource",
    "Token",
    "TokenDuration",
    "User",
]
