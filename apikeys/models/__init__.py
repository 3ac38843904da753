from .accounts import Account, Member, Resource, TokenDuration
from .events import Actor, Event
from .finding import Finding
from .keys import APIKey
from .refusals import (
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
    "ChangedMeanwhile",
    "Event",
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
