"""Django admin, for staff: accounts, members, users and roles are edited; keys, tokens and events are only read."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .access import address_of
from .models import Account, Actor, APIKey, ChangedMeanwhile, Event, ExternalKey, Member, Refusal, Token, User


def never(admin: admin.ModelAdmin, request: HttpRequest, obj: Any = None) -> bool:
    return False


class StaffAdmin(admin.ModelAdmin):
    """Answers the filters that its list offers and no other, which could tell of columns that are not shown."""

    show_full_result_count = False  # of tokens and events there may be millions

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        offered = {f"{name}__{end}" for name in self.list_filter for end in ("exact", "id__exact")}
        offered |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        return lookup in offered and value.isprintable()


class ReadOnlyAdmin(StaffAdmin):
    """Shows what only the verbs of the product change. What is posted is refused, but for the actions of the list."""

    has_add_permission = has_change_permission = has_delete_permission = never

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and ("_save" in request.POST or not self.get_actions(request)):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)


@admin.register(Account)
class AccountAdmin(StaffAdmin):
    fields = list_display = ("slug", "name", "in_beta", "token_duration", "refuses_outdated", "time_zone")
    list_filter = ("in_beta",)
    search_fields = ("slug", "name")
    view_on_site = False
    has_delete_permission = never

    def get_readonly_fields(self, request: HttpRequest, account: Account | None = None) -> tuple[str, ...]:
        return ("slug",) if account and account.api_keys.exists() else ()


@admin.register(Member)
class MemberAdmin(StaffAdmin):
    """On a page of its own: inside its account, a few hundred members would not fit into one form."""

    list_display = ("user", "account", "role_names")
    list_filter = ("account",)
    search_fields = ("user__email", "account__slug", "account__name")
    fields = autocomplete_fields = ("user", "account", "roles")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description=_("roles"))
    def role_names(self, member: Member) -> str:
        return ", ".join(sorted(role.name for role in member.roles.all()))


class NewUserForm(AdminUserCreationForm):
    usable_password = AdminUserCreationForm.create_usable_password_field(
        _("Without a password, the person sets one through “Forgot password?” on the sign-in page.")
    )


@admin.register(User)
class UserAdmin(StaffAdmin, DjangoUserAdmin):
    add_form = NewUserForm
    list_display = ("email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    rights = ("is_active", "is_staff", "is_superuser", "user_permissions")
    fieldsets = ((None, {"fields": ("email", "password", *rights, *readonly_fields)}),)
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sets the passwords and rights of others may become any of them: that takes a superuser."""
        return request.user.is_superuser


@admin.register(APIKey)
class APIKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "name", "account", "is_active", "renewal", "created_at")
    list_filter = ("is_active", "account")
    search_fields = ("key", "name")
    ordering = ("-created_at",)
    fields = (*list_display, "roles")
    actions = ("activate", "deactivate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[APIKey]:
        return super().get_queryset(request).prefetch_related("tokens")

    @admin.display(description=_("renewal"))
    def renewal(self, key: APIKey) -> object:
        return _("Pending") if key.is_renewing else None

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("apikeys.change_apikey")

    @admin.action(description=_("Activate"), permissions=["switch"])
    def activate(self, request: HttpRequest, keys: QuerySet[APIKey]) -> None:
        switch(request, keys, APIKey.activate, _("Activated: %(key)s"), _("Active already, nothing changed: %(key)s"))

    @admin.action(description=_("Deactivate"), permissions=["switch"])
    def deactivate(self, request: HttpRequest, keys: QuerySet[APIKey]) -> None:
        switch(
            request, keys, APIKey.deactivate, _("Deactivated: %(key)s"), _("Inactive already, nothing changed: %(key)s")
        )


def switch(request: Any, keys: QuerySet[APIKey], verb: Callable, done: Any, already: Any) -> None:
    for key in keys:
        try:
            verb(key, by=Actor(request.user.email, address_of(request)))
            messages.success(request, done % {"key": key})
        except Refusal as refusal:
            reason = already if isinstance(refusal, ChangedMeanwhile) else f"{refusal}: %(key)s"
            messages.warning(request, reason % {"key": key})


@admin.register(ExternalKey)
class ExternalKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "owner", "account", "added_at")
    list_filter = ("account",)
    list_select_related = ("account", "api_key__account")
    search_fields = ("key", "api_key__account__name")
    ordering = ("-added_at",)
    fields = (*list_display, "roles")

    @admin.display(description=_("owner"))
    def owner(self, external: ExternalKey) -> Account:
        return external.api_key.account


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = ("api_key", "which", "created_at", "last_used_at", "last_used_address")
    list_filter = ("api_key__account",)
    search_fields = ("api_key__key", "api_key__name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (*list_display, "last_used_user_agent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return super().get_queryset(request).prefetch_related("api_key__tokens")

    @admin.display(description=_("token"))
    def which(self, token: Token) -> object:
        if not token.api_key.is_renewing:
            return _("Token")
        return _("Old token") if token.is_old else _("New token")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "account", "key", "key_name", "actor", "address")
    list_filter = ("action", "account")
    list_select_related = ("account",)  # by default also the key, which would leave out the events of deleted keys
    search_fields = ("key", "key_name", "actor")
    date_hierarchy = "at"
    fields = (*list_display, "token_id", "details")
