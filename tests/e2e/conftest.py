"""The app behind its real server, config.asgi on uvicorn, and a real Chromium."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager
from importlib import import_module

import pytest
import uvicorn
from django.apps import apps
from playwright.sync_api import expect

from apikeys.models import APIKey
from apikeys.verification import Outcome, decide

# Refusals and lost connections, which browser and htmx log although the page tells them.
SHOWN_BY_THE_PAGE = ("Failed to load resource", "htmx:sendError", "htmx:afterRequest", "Response Status Error Code 503")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

under_way: set[asyncio.Task] = set()  # the requests that a server of the tests is answering


@pytest.fixture(autouse=True)
def database(transactional_db, in_front):
    """Rows that the server's threads can see. What the migration laid down goes with each test, and is laid again.

    A page that is closed waits for none of its answers, but the tables can be emptied only behind the last one.
    """
    import_module("apikeys.migrations.0002_roles").seed(apps, None)
    yield
    in_front(all_answered())


async def all_answered() -> None:
    while under_way:
        await asyncio.wait(under_way)


@pytest.fixture(scope="session")
def base_url(in_front):
    from config.asgi import application

    with served(application, in_front) as address:
        yield f"http://{address}"


@contextmanager
def served(application, in_front, **options):
    """Run an application on uvicorn, and yield where: host and port."""

    async def noted(scope, receive, send) -> None:
        task = asyncio.current_task()
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await application(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    options = {"lifespan": "off", "proxy_headers": False, "server_header": False, "log_config": None, **options}
    server = uvicorn.Server(uvicorn.Config(noted, **options))
    serving = threading.Thread(target=in_front, args=[server.serve([listener])], kwargs={"within": None}, daemon=True)
    serving.start()
    while not server.started and serving.is_alive():
        time.sleep(0.01)
    yield "{}:{}".format(*listener.getsockname())
    server.should_exit = True
    serving.join(10)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": CHROMIUM}


@pytest.fixture
def sign_in(client, context, base_url):
    """Sign a user in without the sign-in page."""

    def sign_in(user) -> None:
        # With the cookie of another user the client would end that session, and a request of the page that is still
        # under way would then be answered with the end of the new cookie.
        client.cookies.clear()
        client.force_login(user)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base_url}])

    return sign_in


@pytest.fixture
def page(page, sign_in, admin):
    """A page of acme's admin, on which nothing may go wrong in silence."""
    complaints = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(admin)
    page.set_default_timeout(10_000)
    yield page
    assert [complaint for complaint in complaints if not complaint.startswith(SHOWN_BY_THE_PAGE)] == []


def row(page, key):
    return page.get_by_role("row").filter(has_text=key.key)


def kebab(page, key):
    return page.get_by_role("button", name=f"More actions for {key.key}")


def at_rest(page) -> None:
    """Wait for the table: a dialog that closes has it fetched again, and a menu that is open by then is gone."""
    expect(page.locator("flow-dialog, .htmx-request")).to_have_count(0)


def choose(page, key, item: str):
    """Open the menu of a key, choose an item with the mouse, and return the dialog once the answer is there."""
    at_rest(page)
    kebab(page, key).click()
    page.get_by_role("menuitem", name=item).click()
    expect(page.locator(".htmx-request")).to_have_count(0)
    return page.get_by_role("dialog", name=item)


def token_shown(dialog) -> str:
    return dialog.get_by_role("status", name="New token").inner_text()


def toast(page, words: str) -> None:
    expect(page.locator(".toast")).to_contain_text(words)


def accepted(key, plaintext: str) -> bool:
    return decide(key.key, plaintext).outcome is Outcome.ACCEPTED


def fresh(key) -> APIKey:
    return APIKey.objects.get(pk=key.pk)
