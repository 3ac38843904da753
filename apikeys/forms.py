from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.core.validators import MaxLengthValidator, RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .fields import Field
from .models import Account, AlreadyAdded, APIKey, ChangedMeanwhile, TokenDuration
from .models.accounts import roles_to_give
from .models.keys import KEY_FORMAT, NAME_LENGTH, is_printable


class IdField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput, **kwargs)


class SeenForm(forms.Form):
    """Names the newest token that the person saw, by its id: what ends tokens ends those."""

    token = IdField()


def token_seen(data: QueryDict) -> int:
    return id_seen(data, "token")


def external_key_seen(data: QueryDict) -> int:
    return id_seen(data, "external_key")


def id_seen(data: QueryDict, name: str) -> int:
    """Return what a form was about; a form that does not say is about nothing that exists."""
    try:
        return int(IdField().clean(data.get(name)))
    except forms.ValidationError:
        raise ChangedMeanwhile from None


class CompleteRenewalForm(SeenForm):
    old_token = forms.ChoiceField(choices=[("later", _("Later")), ("now", _("Now"))])


class DeleteKeyForm(SeenForm):
    bound_field_class = Field

    understood = forms.BooleanField(
        label=_("I understand that this action cannot be undone"),
        error_messages={"required": _("Check this option to delete the key")},
    )


class RolesForm(forms.Form):
    """A form with the list of roles, as templates/apikeys/_roles_field.html draws it."""

    bound_field_class = Field

    roles = forms.MultipleChoiceField(
        label=pgettext_lazy("to choose from", "Roles"),
        required=False,
        error_messages=dict.fromkeys(["invalid_choice", "invalid_list"], _("Select roles from the list")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles_to_give = list(roles_to_give())
        cast(forms.MultipleChoiceField, self.fields["roles"]).choices = [(role.pk, role) for role in self.roles_to_give]

    @property
    def chosen(self) -> set[str]:
        """The ids of the roles that are checked, as the page writes them."""
        return {str(getattr(role, "pk", role)) for role in self["roles"].value() or []}

    def clean_roles(self) -> list[Group]:
        return [role for role in self.roles_to_give if str(role.pk) in self.cleaned_data["roles"]]


class GenerateKeyForm(RolesForm):
    # No `maxlength`, with which a browser would cut what is pasted.
    name = forms.CharField(
        label=_("Key identification"),
        help_text=_("Name that identifies the key in the list, such as the integration that uses it"),
        validators=[MaxLengthValidator(NAME_LENGTH, _("Use at most %(limit_value)d characters")), is_printable],
        error_messages={"required": _("Fill in the key identification")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    field_order = ["name", "roles"]


class AddExternalKeyForm(RolesForm):
    key = forms.CharField(
        label=_("External key identification"),
        help_text=_("API key provided by the account that owns it"),
        validators=[RegexValidator(rf"^{KEY_FORMAT}\Z", _("Fill in a key such as vtexappkey-account-ABCDEF"))],
        error_messages={"required": _("Fill in the external key identification")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["key", "roles"]

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_key(self) -> APIKey:
        key = APIKey.objects.filter(key=self.cleaned_data["key"]).first()
        if key is None:
            raise forms.ValidationError(_("Fill in an existing key"))
        if key.account_id == self.account.pk:
            raise forms.ValidationError(_("Fill in a key that belongs to another account"))
        if self.account.external_keys.filter(api_key=key).exists():
            raise forms.ValidationError(AlreadyAdded.message)
        return key


class EditRolesForm(RolesForm):
    state = forms.CharField(required=False, widget=forms.HiddenInput)


class EditKeyForm(EditRolesForm):
    is_active = forms.BooleanField(label=pgettext_lazy("of a key", "Active"), required=False)


class SettingsForm(forms.Form):
    token_duration = forms.TypedChoiceField(
        choices=TokenDuration,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(["required", "invalid_choice"], _("Select a token duration")),
    )
    refuses_outdated = forms.BooleanField(required=False)
