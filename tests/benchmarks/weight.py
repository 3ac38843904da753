"""How heavy a first visit is: the page with 25 keys against Django admin's list of the same, in bytes on the wire.

On the product's own settings and server, in a scratch directory. Chromium counts, with headers. Django admin sends its
HTML uncompressed: the ratio is against what it could send, and once more against what it does.
"""

import gzip
import os
import secrets
import socket
import tempfile
import threading
import time

SCRATCH = tempfile.TemporaryDirectory()
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": secrets.token_hex(32),
    "DATA_DIR": SCRATCH.name,
    "LOG_LEVEL": "ERROR",
    "DEBUG": "off",
    "HTTPS": "off",
    # Playwright runs an event loop in this thread.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
for name in ("DATABASE_URL", "CACHE_URL", "ALLOWED_HOSTS"):
    os.environ.pop(name, None)
os.environ |= ENVIRONMENT

import django

django.setup()

import uvicorn
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from apikeys.models import Account, Actor, APIKey, User

from .figures import Figure, tell

KEYS = 25
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAGES = ("/accounts/acme/api-keys/", "/admin/apikeys/apikey/")


def make() -> User:
    """Make an account of 25 keys, a third of them renewing, and somebody who sees it in both places."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    account = Account.objects.create(slug="acme", name="acme", in_beta=True)
    user = User.objects.create_superuser("staff@acme.example")
    account.memberships.create(user=user).roles.add(Group.objects.get(name="User Administrator - RESTRICTED"))
    roles, by = list(Group.objects.all()[:2]), Actor(user.email, "203.0.113.24")
    for n in range(KEYS):
        key, _plaintext = APIKey.generate(account, f"Integration {n}", roles=roles, by=by)
        if n % 3 == 0:
            key.renew(by=by)
    return user


def serve() -> str:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config("config.asgi:application", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def weigh(browser: Browser, address: str, path: str, session: str) -> tuple[int, int, int]:
    """Return how many requests a first visit makes, how many bytes come, and how many if the HTML were compressed."""
    context = browser.new_context()
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    network, lengths = context.new_cdp_session(page), []
    network.on("Network.loadingFinished", lambda event: lengths.append(int(event["encodedDataLength"])))
    network.send("Network.enable")
    response = page.goto(address + path, wait_until="networkidle")
    assert response is not None
    assert response.ok
    html = response.body()
    spared = 0 if "content-encoding" in response.headers else len(html) - len(gzip.compress(html, compresslevel=6))
    context.close()
    return len(lengths), sum(lengths), sum(lengths) - spared


def main() -> None:
    client = Client()
    client.force_login(make())
    address, session = serve(), client.cookies["sessionid"].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        ours, theirs = (weigh(browser, address, path, session) for path in PAGES)
        browser.close()
    report(ours, theirs)


def report(ours: tuple[int, int, int], theirs: tuple[int, int, int]) -> None:
    requests, size, _compressed = ours
    note = f"{size / 1000:.1f} kB in {requests} requests"
    tell(Figure("first visit, 25 keys, bytes / Django admin's list", ours[2] / theirs[2], 0.35, 0.25, True, note))
    note = f"{theirs[1] / 1000:.1f} kB in {theirs[0]} requests: its HTML is not compressed"
    tell(Figure("the same / what Django admin really sends", size / theirs[1], at_most=True, note=note))


if __name__ == "__main__":
    main()
