import datetime as dt
import re
import tempfile
import threading
from contextlib import ExitStack

import pytest
import time_machine
from django.contrib.auth.models import Group

from apikeys import export
from apikeys.models import Account, APIKey, ExternalKey, Token
from tests.conftest import BY
from tests.spreadsheet import parts, sheets
from tests.views.conftest import url
from tests.views.test_table import allow, seen, words

GENERATED = ["id", "keyName", "roles", "label", "creationDate", "creationDateToken", "creationDateNewToken", "status"]
EXTERNAL = ["id", "keyName", "roles", "account", "addedDate", "status"]
FAILED = "The export could not be created. Try again."


@pytest.fixture
def guest(acme, globex):
    """A key of globex that acme gave roles."""
    key, _ = APIKey.generate(globex, "A name for globex alone", by=BY)
    return ExternalKey.add(acme, key, roles=Group.objects.filter(name="Catalog"), by=BY)


def download(visitor, query="") -> bytes:
    response = visitor.get(url("export") + query)
    assert response.status_code == 200
    return b"".join(response)


def rows(visitor, sheet: str, query="") -> list[dict]:
    """The rows of a sheet, each by the names of its columns."""
    header, *others = sheets(download(visitor, query))[sheet]
    return [dict(zip(header, row, strict=True)) for row in others]


def exported(visitor, sheet="Generated", query="") -> list[str]:
    return [row["keyName"] for row in rows(visitor, sheet, query)]


def test_the_two_sheets_have_their_columns(plain):
    assert sheets(download(plain)) == {"Generated": [GENERATED], "External": [EXTERNAL]}


def test_a_settled_key_is_exported_with_its_token(plain, erp):
    erp.roles.set(Group.objects.filter(name__in=["Pricing", "Catalog"]))
    APIKey.objects.update(created_at=dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), is_active=False)
    Token.objects.update(created_at=dt.datetime(2026, 11, 23, 15, 30, tzinfo=dt.UTC))

    (row,) = rows(plain, "Generated")

    assert row == {
        "id": erp.pk,
        "keyName": erp.key,
        "roles": "Catalog, Pricing",
        "label": "ERP sync",
        "creationDate": dt.datetime(2026, 1, 2, 3, 4),
        "creationDateToken": dt.datetime(2026, 11, 23, 15, 30),
        "creationDateNewToken": None,
        "status": "Inactive",
    }


def test_a_renewing_key_is_exported_with_both_tokens(plain, shop):
    for token, day in [(shop.old_token, 1), (shop.token, 20)]:
        Token.objects.filter(pk=token.pk).update(created_at=dt.datetime(2026, 11, day, tzinfo=dt.UTC))

    (row,) = rows(plain, "Generated")

    assert row["creationDateToken"] == dt.datetime(2026, 11, 1)
    assert row["creationDateNewToken"] == dt.datetime(2026, 11, 20)


def test_an_external_key_is_exported_without_the_name_of_the_other_account(plain, guest):
    ExternalKey.objects.update(added_at=dt.datetime(2026, 11, 23, 15, 30, tzinfo=dt.UTC))
    content = download(plain)
    key, added = guest.api_key.key, dt.datetime(2026, 11, 23, 15, 30)

    assert sheets(content)["External"][1:] == [[guest.pk, key, "Catalog", "globex", added, "Active"]]
    assert not [part for part in parts(content).values() if b"A name for globex alone" in part]


def test_the_status_of_an_external_key_is_that_in_its_own_account(plain, guest):
    guest.api_key.deactivate(by=BY)

    assert rows(plain, "External")[0]["status"] == "Inactive"


@pytest.mark.parametrize(
    ("zone", "written"), [("America/Sao_Paulo", (22, 21, 30)), ("UTC", (23, 0, 30)), ("Asia/Kolkata", (23, 6, 0))]
)
def test_dates_are_in_the_time_zone_of_the_account(plain, erp, guest, zone, written):
    Account.objects.update(time_zone=zone)
    moment = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
    APIKey.objects.update(created_at=moment)
    ExternalKey.objects.update(added_at=moment)

    assert rows(plain, "Generated")[0]["creationDate"] == dt.datetime(2026, 11, *written)
    assert rows(plain, "External")[0]["addedDate"] == dt.datetime(2026, 11, *written)


@pytest.mark.parametrize(
    ("language", "file"), [("en", "api-keys-acme-2026-11-24.xlsx"), ("pt-br", "api-keys-acme-2026-11-24.xlsx")]
)
def test_the_file_is_named_after_the_account_and_its_day(plain, language, file):
    Account.objects.update(time_zone="Asia/Tokyo")
    plain.cookies["language"] = language
    with time_machine.travel(dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC), tick=False):
        response = plain.get(url("export"))
    content = b"".join(response)

    assert response["Content-Disposition"] == f'attachment; filename="{file}"'
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert (response["Content-Length"], response["Cache-Control"]) == (str(len(content)), "no-store")


def test_all_keys_are_exported_newest_first_whatever_is_on_screen(plain, erp, shop):
    for query in [
        "",
        "?q=erp",
        "?status=inactive&page=9",
        "?order_by=hash&hash__startswith=a&account=globex&columns=hash",
    ]:
        assert exported(plain, query=query) == [shop.key, erp.key]


def test_only_keys_of_the_account_are_exported(client, stranger, guest, erp):
    client.force_login(stranger)
    content = sheets(b"".join(client.get(url("export", account="globex"))))

    assert [row[1] for row in content["Generated"]] == ["keyName", guest.api_key.key]
    assert content["External"] == [EXTERNAL]


TEXTS = [
    "=1+1", "{=1+1}", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "http://x.example/", "mailto:a@b.example",
    "internal:Generated!A1", "1e5", "007", "TRUE", "2026-11-23", "  two  spaces  ", "'quoted'", '"quoted"',
    "<b>&amp;</b>", "]]>", "_x0041_", "\ufffe", "\uffff", "\ufffd", "\u202eabc", "\u200b", "e\u0301", "🔑" * 80,
    "\U0010ffff", "{{7*7}}",
]  # fmt: skip


def test_a_name_is_text_and_the_same_text(plain, erp):
    APIKey.objects.bulk_create([APIKey(account=erp.account, key=str(n), name=text) for n, text in enumerate(TEXTS)])
    Token.objects.bulk_create(
        [Token(api_key=key, selector=key.key, hash="-") for key in APIKey.objects.exclude(pk=erp.pk)]
    )
    content = download(plain)

    assert {row[3] for row in sheets(content)["Generated"][1:]} == {*TEXTS, "ERP sync"}
    assert not [part for part in parts(content).values() if re.search(b"<f[ >/]|hyperlink", part)]


def test_the_name_of_a_role_is_text_too(plain, erp):
    erp.roles.set([Group.objects.create(name="=1+1"), Group.objects.create(name="http://x.example/")])

    assert rows(plain, "Generated")[0]["roles"] == "=1+1, http://x.example/"
    assert not [part for part in parts(download(plain)).values() if re.search(b"<f[ >/]|hyperlink", part)]


def test_no_database_holds_half_a_character(erp):
    """So that the export meets none, which no file could hold."""
    with pytest.raises(UnicodeEncodeError):
        APIKey.objects.update(name="\ud800")


def test_nothing_secret_is_exported(plain, shop):
    content = download(plain)

    for secret in [
        shop.old,
        shop.new,
        *(value for token in shop.tokens.all() for value in (token.selector, token.hash)),
    ]:
        assert not [name for name, part in parts(content).items() if secret.encode() in part]


@pytest.mark.parametrize("number", [1, 2])
def test_the_header_stays_on_screen_and_the_columns_are_wide_enough(plain, erp, number):
    sheet = parts(download(plain))[f"xl/worksheets/sheet{number}.xml"].decode()

    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert min(float(width) for width in re.findall('<col [^>]*width="([0-9.]+)"', sheet)) >= 10


def test_the_number_of_queries_does_not_grow_with_the_keys(plain, acme, guest, erp, django_assert_num_queries):
    download(plain)  # notes that the session is in use
    for number in range(10):
        APIKey.generate(acme, f"Key {number}", roles=Group.objects.all()[:2], by=BY)

    # Session, user, member and account, their resources; keys with their tokens, roles; external keys, roles.
    with django_assert_num_queries(8):
        assert len(exported(plain)) == 11


# Where it is, and what a person sees when it fails --------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?q=nothing like it"])
def test_the_header_offers_the_export_before_generate_key(plain, erp, query):
    actions = seen(plain.get(url("keys") + query)).select(".page-actions a")

    assert [(words(action), action["href"]) for action in actions] == [
        ("Export", url("export")),
        ("Generate Key", url("generate")),
    ]


def test_an_account_without_keys_is_not_offered_an_export(plain):
    assert seen(plain.get(url("keys"))).find(id="export") is None


def test_who_may_only_look_may_export(client, viewer, erp):
    client.force_login(viewer)

    assert seen(client.get(url("keys"))).find(id="export")["href"] == url("export")
    assert exported(client) == [erp.key]


def test_an_export_needs_the_resource_to_view_and_no_other(plain, acme, erp):
    allow(acme, "edit_api_keys", "renew_api_token", "edit_api_keys_settings")

    assert plain.get(url("export")).status_code == 403


def test_who_is_signed_out_comes_back_to_the_table(client, erp):
    assert client.get(url("export"))["Location"] == "/auth/login/?next=%2Faccounts%2Facme%2Fapi-keys%2F"


def failed(visitor) -> bool:
    response = visitor.get(url("export"), follow=True)
    assert response.redirect_chain == [(url("keys"), 302)]
    return seen(response).find(id="alert").get_text(strip=True) == FAILED


def test_a_disk_that_cannot_be_written_is_told_over_the_table(plain, erp, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/dev/full")

    assert failed(plain)


def test_an_export_waits_for_those_before_it(plain, erp, monkeypatch):
    class Taken(threading.Semaphore):
        def acquire(self, blocking=True, timeout=None):
            if timeout:
                self.release()  # one is done meanwhile
            return super().acquire(blocking, timeout)

    monkeypatch.setattr(export, "_turns", Taken(0))

    assert exported(plain) == [erp.key]


def test_an_export_does_not_wait_for_ever(plain, erp, monkeypatch):
    monkeypatch.setattr(export, "PATIENCE", 0.1)
    with export._turn():
        assert exported(plain) == [erp.key]
        with export._turn():
            assert failed(plain)

    assert exported(plain) == [erp.key]


def test_where_as_many_wait_as_may_an_export_is_refused_at_once(plain, erp, monkeypatch):
    monkeypatch.setattr(export, "_turns", threading.Semaphore(100))  # so none waits
    with ExitStack() as waiting:
        for _ in range(export.AT_ONCE + export.WAITING):
            waiting.enter_context(export._turn())
        assert failed(plain)

    assert exported(plain) == [erp.key]


def test_what_a_cell_cannot_hold_is_never_cut(plain, erp):
    erp.roles.set([Group.objects.create(name=f"{number:0150}") for number in range(220)])

    assert failed(plain)


def test_after_a_failure_nothing_is_left_behind(plain, erp, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    erp.roles.set([Group.objects.create(name=f"{number:0150}") for number in range(220)])
    assert failed(plain)
    erp.roles.clear()
    assert exported(plain) == [erp.key]

    assert list(tmp_path.iterdir()) == []
