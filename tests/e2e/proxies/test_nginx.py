"""docs/proxy/nginx/: what a service behind nginx gets, and what a client gets instead where its token does not open."""

import pytest

from tests.conftest import BY
from tests.e2e.proxies.conftest import DOCS, credentials, free_address, received, running, sent_to, with_places

MAIN = """
daemon off; master_process off; pid {tmp}/pid; error_log {tmp}/error.log;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path {tmp}/body; proxy_temp_path {tmp}/proxy; fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u;
    scgi_temp_path {tmp}/s; access_log {tmp}/access.log; gzip on;
    include {tmp}/apikeys.conf; include {tmp}/protect.conf; include {tmp}/app.conf;
}}
"""


@pytest.fixture(scope="session")
def nginx(app_address, the_service, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("nginx")
    api, app, plain = free_address(), free_address(), free_address()
    without_tls = {r"listen 443 ssl;": "listen {};", r" +ssl_\w+ .*;\n": "", "/var/log/nginx": str(tmp)}
    places = {
        "apikeys.conf": {"127.0.0.1:8000": app_address},
        "protect.conf": {**without_tls, "listen {}": f"listen {api}", "127.0.0.1:9000": the_service.address, "keys.example.com": "localhost"},
        "app.conf": {**without_tls, "listen {}": f"listen {app}", "listen 80": f"listen {plain}"},
    }
    for name, of_the_file in places.items():
        (tmp / name).write_text(with_places((DOCS / "nginx" / name).read_text(), of_the_file))
    (tmp / "nginx.conf").write_text(MAIN.format(tmp=tmp))
    with running(["/usr/sbin/nginx", "-c", str(tmp / "nginx.conf")], api):
        yield {"api": api, "app": app, "plain": plain, "logs": tmp}


@pytest.fixture
def ask(nginx, service):
    return sent_to(nginx["api"])


def test_try(ask, service, erp, shop):
    r = ask(credentials(erp, erp.plaintext))
    print(r.status_code, r.headers, r.text)
    r = ask(credentials(shop, shop.old))
    print(r.status_code, r.headers, r.text)
    r = ask(credentials(erp, shop.old))
    print(r.status_code, r.headers, r.text)
    shop.deactivate(by=BY)
    r = ask(credentials(shop, shop.old))
    print(r.status_code, r.headers, r.text)
    r = ask(credentials(erp, erp.plaintext) | {"answer-with": "500"})
    print(r.status_code, r.headers, r.text)
    assert 0
