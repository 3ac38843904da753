"""The packages for API keys that the check is compared with, each in its fastest setting, in an environment of its own.

Run as a program it fills the database given, and prints the requests of each peer.
"""

import os
import sys

import django
from django.conf import settings

KEYS = 200

settings.configure(
    SECRET_KEY="not-a-secret",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["PEERS_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
        "rest_framework_api_key",
        "knox",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)
django.setup()

from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.urls import path
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.models import APIKey
from rest_framework_api_key.permissions import HasAPIKey


class Check(APIView):
    authentication_classes = []

    def get(self, request):
        return Response(status=204)


class APIKeyCheck(Check):
    permission_classes = [HasAPIKey]


class AuthTokenCheck(Check):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]


class KnoxCheck(Check):
    authentication_classes = [KnoxAuthentication]
    permission_classes = [IsAuthenticated]


urlpatterns = [
    path("djangorestframework-api-key", APIKeyCheck.as_view()),
    path("authtoken", AuthTokenCheck.as_view()),
    path("knox", KnoxCheck.as_view()),
]
application = get_wsgi_application()


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for number in range(KEYS):
        user = User.objects.create(username=f"user{number}")
        _key, secret = APIKey.objects.create_key(name=f"key {number}")
        sys.stdout.write(f"/djangorestframework-api-key\tAuthorization: Api-Key {secret}\n")
        sys.stdout.write(f"/authtoken\tAuthorization: Token {Token.objects.create(user=user).key}\n")
        sys.stdout.write(f"/knox\tAuthorization: Token {AuthToken.objects.create(user=user)[1]}\n")


if __name__ == "__main__":
    main()
