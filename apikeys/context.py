from __future__ import annotations

from typing import Any

from django.conf import settings

from .models import Resource
from .tabs import address_of_tab, tabs_of


def shell(request: Any) -> dict[str, Any]:
    """What the frame of every page needs: whose page it is, its tabs, and the accounts to switch to."""
    if not hasattr(request, "member"):
        return {}
    return {
        "support_url": settings.SUPPORT_URL,
        "account": request.account,
        "member": request.member,
        "may_edit": request.member.may(Resource.EDIT),
        "accounts": request.user.accounts.all(),
        "tabs": tabs_of(request.account, request),
        "back": address_of_tab(request.account, request),
    }
