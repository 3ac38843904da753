"""Sign-in as allauth does it, with what this product wants otherwise."""

from __future__ import annotations

from typing import Any

from allauth.account import fields
from allauth.account import forms as allauth_forms
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .access import is_path_of_ours
from .devices import known_device, remember_device
from .fields import Field


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Check the email and the password."),
        "too_many_login_attempts": _("Too many attempts. Try again in 5 minutes."),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def is_ajax(self, request: Any) -> bool:
        """Answer with pages only: allauth's JSON repeats what was typed, the password included."""
        return False

    def is_safe_url(self, url: str) -> bool:
        return is_path_of_ours(url)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows shows that the sign-in or sign-out worked."""

    def post_login(self, request: Any, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(response, user.email)
        return response

    def set_password(self, user: Any, password: str) -> None:
        """Who has just chosen a new password need not wait because of wrong ones."""
        super().set_password(user, password)
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    def _get_login_attempts_cache_key(self, request: Any, **credentials: Any) -> str:
        """Count wrong passwords by e-mail, but apart for each device that this e-mail signed in from before.

        So strangers who try a name cannot keep its owner out, and a stolen device has no more attempts than a stranger.
        allauth's key holds the Host header with its port, which a client may vary.
        """
        email: str = credentials["email"]
        return known_device(request, email) or email


class EmailField(fields.EmailField):
    def __init__(self) -> None:
        widget = forms.EmailInput(attrs={"class": "input", "autocomplete": "username"})
        errors = {"required": _("Fill in the email"), "invalid": _("Fill in an email such as name@example.com")}
        super().__init__(label=_("Email"), widget=widget, error_messages=errors)


class PasswordField(fields.PasswordField):
    """No `maxlength`, with which a browser would cut what is pasted; too long a password is refused, unhashed."""

    default_validators = [MaxLengthValidator(1024, _("Use at most %(limit_value)d characters"))]

    def __init__(self, label: Any, autocomplete: str = "new-password", **options: Any) -> None:
        super().__init__(label=label, error_messages={"required": _("Fill in the password")}, **options)
        self.widget.attrs = {"class": "input", "autocomplete": autocomplete}


class NewPasswordField(PasswordField, fields.SetPasswordField):
    """Asks AUTH_PASSWORD_VALIDATORS too."""


class SignInForm(allauth_forms.LoginForm):
    bound_field_class = Field
    password = PasswordField(_("Password"), "current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailField()

    @property
    def begin_with(self) -> str:
        return "password" if self.non_field_errors() else "login"


class ForgottenPasswordForm(allauth_forms.ResetPasswordForm):
    bound_field_class = Field
    email = EmailField()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Write to the address in any case, so that neither the page nor its delay tells who has a user here."""
        email: str = self.cleaned_data["email"]
        if self.users:
            super().save(request, **kwargs)
        else:
            get_adapter().send_mail("account/email/unknown_account", email, {})
        return email


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    bound_field_class = Field
    password1 = NewPasswordField(_("New password"), help_text=_("12 characters or more"))
    password2 = PasswordField(_("New password again"))

    def clean_password2(self) -> str:
        again: str = self.cleaned_data["password2"]
        if again != self.cleaned_data.get("password1", again):
            raise ValidationError(_("Fill in the same password twice"))
        return again
