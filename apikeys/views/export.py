from __future__ import annotations

import logging

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apikeys.access import MemberRequest, for_member
from apikeys.export import ExportFailed, exported
from apikeys.models import Resource

logger = logging.getLogger(__name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@for_member(needs=Resource.VIEW, back_to="keys")
def export(request: MemberRequest) -> HttpResponseBase:
    """Download all keys of the account, whatever the table shows. What fails, fails before the first byte."""
    account = request.account
    try:
        file = exported(account)
    except ExportFailed as failed:
        logger.warning("Export of %s failed: %s", account, failed)
        messages.error(request, _("The export could not be created. Try again."))
        return redirect(account)
    name = f"api-keys-{account.slug}-{timezone.localdate()}.xlsx"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    response["Cache-Control"] = "no-store"
    return response
