"""What Prometheus reads."""

import subprocess
import sys

import pytest
from django.conf import settings

from tests.conftest import BY

TOKEN = "a-token-of-more-than-32-characters-for-prometheus"


@pytest.fixture
def scraped(client, db, settings):
    """Scrape, and return the lines that there are for a name."""
    settings.METRICS_TOKEN = TOKEN

    def scraped(name: str) -> dict[str, float]:
        text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(name)]
        return {series.removeprefix(name): float(value) for series, value in lines}

    return scraped


@pytest.mark.parametrize("header", ["", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"])
def test_the_metrics_are_for_who_has_the_token(client, settings, header):
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"Authorization": header})

    assert (response.status_code, response["WWW-Authenticate"], response.content) == (401, "Bearer", b"")


@pytest.mark.parametrize("header", ["", "Bearer "])
def test_without_a_token_there_are_no_metrics(client, header):
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_checks_are_counted_by_their_outcome(scraped, client, erp):
    headers = {"X-VTEX-API-AppKey": erp.key, "X-VTEX-API-AppToken": erp.plaintext}
    before = scraped("apikeys_checks_total")

    client.get("/api/verify", headers=headers)
    client.get("/api/verify")

    after = scraped("apikeys_checks_total")
    assert after['{outcome="accepted"}'] == before.get('{outcome="accepted"}', 0) + 1
    assert after['{outcome="wrong"}'] == before.get('{outcome="wrong"}', 0) + 1


def test_a_check_that_finds_the_gate_full_is_counted_as_busy(scraped, client, erp, full_gate):
    headers = {"X-VTEX-API-AppKey": erp.key, "X-VTEX-API-AppToken": erp.plaintext}
    before = scraped("apikeys_argon2_refused_total"), scraped("apikeys_checks_total").get('{outcome="busy"}', 0)

    assert client.get("/api/verify", headers=headers).status_code == 503

    assert scraped("apikeys_argon2_refused_total")[""] == before[0][""] + 1
    assert scraped("apikeys_checks_total")['{outcome="busy"}'] == before[1] + 1
    assert scraped("apikeys_argon2_running") == scraped("apikeys_argon2_waiting") == {"": 0}


def test_an_event_is_counted_when_it_is_committed(scraped, shop, django_capture_on_commit_callbacks):
    before = scraped("apikeys_events_total").get('{action="renewal_undone"}', 0)

    with django_capture_on_commit_callbacks(execute=True):
        shop.undo_renewal(by=BY)
        assert scraped("apikeys_events_total").get('{action="renewal_undone"}', 0) == before

    assert scraped("apikeys_events_total")['{action="renewal_undone"}'] == before + 1


def test_requests_are_timed_by_route_and_status(scraped, client, admin):
    client.force_login(admin)
    client.get("/accounts/acme/api-keys/")
    client.get("/accounts/nobody/api-keys/")
    client.get("/nothing/")

    counts = scraped("apikeys_request_seconds_count")
    assert counts['{status="200",view="keys"}'] >= 1
    assert counts['{status="404",view="keys"}'] >= 1
    assert counts['{status="404",view="none"}'] >= 1


def test_no_label_names_a_key_an_account_or_a_person(scraped, client, admin, erp):
    client.force_login(admin)
    client.get(f"/accounts/acme/api-keys/{erp.key}/history/")
    series = " ".join(scraped("apikeys_"))

    assert not [word for word in ("acme", erp.key, "ERP sync", erp.plaintext[25:37]) if word in series]


def test_the_metrics_of_several_workers_are_added_up(tmp_path):
    """Of two workers, one of which was killed while it hashed: its counts stay, what it did at that moment does not."""
    environment = {"PATH": "", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "import os; from apikeys import metrics; metrics.argon2_running.inc(); metrics.checks.labels('wrong').inc()"

    def worker(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
        ).stdout

    worker(f"{count}; os._exit(1)")
    text = worker(f"{count}; print(metrics.exposition().decode())")

    assert 'apikeys_checks_total{outcome="wrong"} 2.0' in text
    assert "apikeys_argon2_running 1.0" in text
