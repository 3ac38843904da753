from django.urls import path
from ninja.openapi.docs import Swagger

from . import appkeys, tokens
from .errors import answer_problems
from .limits import counted
from .openapi import API, JSONParser

api = API(
    title="API Keys",
    description="List, generate and renew the API keys of an account. The calling key acts in its own account only.",
    urls_namespace="api",
    parser=JSONParser(),
    docs=Swagger({"validatorUrl": None}),  # it keeps no token: what is typed in Authorize is gone with the page
)
answer_problems(api)
api.add_decorator(counted, mode="view")
api.add_router("", tokens.router)
api.add_router("", appkeys.router)

urlpatterns = [path("", api.urls)]
