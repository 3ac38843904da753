from .accounts import Account, Member, Resource, TokenDuration
from .events import Actor, Event
from .external import ExternalKey
from .finding_external import ExternalFinding
from .finding_generated import GeneratedFinding
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
    "ExternalFinding",
    "ExternalKey",
    "GeneratedFinding",
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
