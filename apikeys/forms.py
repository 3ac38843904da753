from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import TokenDuration


class RenewalForm(forms.Form):
    """Names the renewal that the person saw, by the id of its new token."""

    renewal = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class CompleteRenewalForm(RenewalForm):
    old_token = forms.ChoiceField(choices=[("later", _("Later")), ("now", _("Now"))])


class SettingsForm(forms.Form):
    token_duration = forms.TypedChoiceField(
        choices=TokenDuration,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Select a token duration")),
    )
    refuses_outdated = forms.BooleanField(required=False)
