from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from .models import Resource
from .tabs import address_of_tab, tabs_of

# house rules of htmx here: nothing inherited, evaluated, injected or remembered; refusals are shown.
HTMX = json.dumps(
    {
        "disableInheritance": True,
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "historyCacheSize": 0,
        # At once: a form that is not htmx's yet when it is submitted would leave the page.
        "defaultSettleDelay": 0,
        "refreshOnHistoryMiss": True,
        "selfRequestsOnly": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "(403|404|409|422)", "swap": True},
            {"code": "...", "swap": False, "error": True},
        ],
    }
)


def shell(request: Any) -> dict[str, Any]:
    """What the frame of every page needs: whose page it is, its tabs, and the accounts to switch to."""
    if not hasattr(request, "member"):
        return {"htmx_config": HTMX}
    return {
        "htmx_config": HTMX,
        "support_url": settings.SUPPORT_URL,
        "account": request.account,
        "member": request.member,
        "may_edit": request.member.may(Resource.EDIT),
        "accounts": request.user.accounts.all(),
        "tabs": tabs_of(request.account, request),
        "back": address_of_tab(request.account, request),
    }
