from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apikeys.access import MemberRequest, for_member, posted, require_page_or_act
from apikeys.forms import GenerateKeyForm
from apikeys.models import APIKey, Resource
from apikeys.responses import dialog


@require_page_or_act
@for_member(needs=Resource.EDIT)
def generate(request: MemberRequest) -> HttpResponse:
    """Create a key and show its token. This response is the only place where it is ever seen."""
    form = GenerateKeyForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return dialog(request, "apikeys/generate.html", _("Generate Key"), {"form": form})
    key, plaintext = APIKey.generate(
        request.account, form.cleaned_data["name"], roles=form.cleaned_data["roles"], by=request.actor
    )
    return dialog(request, "apikeys/generated.html", _("Key generated"), {"key": key, "plaintext": plaintext})
