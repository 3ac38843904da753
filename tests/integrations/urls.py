"""A project that uses apikeys.integrations: the same questions to a view of Django and to one of DRF."""

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import DjangoModelPermissions, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from apikeys.integrations import api_key_required
from apikeys.integrations.rest_framework import APIKeyAuthentication
from apikeys.models import Account


@api_key_required()
def plain(request):
    return JsonResponse(told(request.api_key))


@api_key_required(roles=["Catalog", "Logistics"])
def for_some(request):
    return HttpResponse("some")


@api_key_required(account="globex")
def of_globex(request):
    return JsonResponse(told(request.api_key))


@method_decorator(api_key_required(), name="dispatch")
class Plain(View):
    def post(self, request):
        return HttpResponse("posted", headers={"Cache-Control": "public, max-age=60"})


class Rest(APIView):
    authentication_classes = [APIKeyAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response(told(request.auth))

    post = get


class RestOfGlobex(Rest):
    class OfGlobex(APIKeyAuthentication):
        account = "globex"

    authentication_classes = [OfGlobex]


class RestAfterOthers(Rest):
    authentication_classes = [BasicAuthentication, APIKeyAuthentication]


class RestBeforeOthers(APIView):
    authentication_classes = [APIKeyAuthentication, SessionAuthentication]

    def get(self, request):
        return Response(str(request.user))


class RestForStaff(Rest):
    permission_classes = [IsAdminUser]


class RestForPermissions(Rest):
    permission_classes = [DjangoModelPermissions]
    queryset = Account.objects.all()


class RestThrottled(Rest):
    class OnceAMinute(UserRateThrottle):
        rate = "1/min"

    throttle_classes = [OnceAMinute]


def told(identity) -> dict:
    return {"account": identity.account, "key": identity.key, "name": identity.name, "roles": sorted(identity.roles)}


urlpatterns = [
    path("plain", plain),
    path("plain/some", for_some),
    path("plain/globex", of_globex),
    path("plain/class", Plain.as_view()),
    path("rest", Rest.as_view()),
    path("rest/globex", RestOfGlobex.as_view()),
    path("rest/after", RestAfterOthers.as_view()),
    path("rest/before", RestBeforeOthers.as_view()),
    path("rest/staff", RestForStaff.as_view()),
    path("rest/permissions", RestForPermissions.as_view()),
    path("rest/throttled", RestThrottled.as_view()),
]
