from allauth.account import views as sign_in
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("API Keys staff")
admin.site.unregister(EmailAddress)  # a person has one e-mail here: that of the user

# Those of allauth's pages that the product has; no sign-up.
sign_in_pages = [
    path("login/", sign_in.login, name="account_login"),
    path("logout/", sign_in.logout, name="account_logout"),
    path("inactive/", sign_in.account_inactive, name="account_inactive"),
    path("password/reset/", sign_in.password_reset, name="account_reset_password"),
    path("password/reset/done/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", sign_in.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

urlpatterns = [
    path("", include("apikeys.urls")),
    path("auth/", include(sign_in_pages)),
    path("admin/", admin.site.urls),
]

handler400 = "apikeys.views.errors.bad_request"
handler403 = "apikeys.views.errors.denied"
handler404 = "apikeys.views.errors.missing"
handler500 = "apikeys.views.errors.server_error"
