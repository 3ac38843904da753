import datetime as dt
import re
import time
from pathlib import Path

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings as configured
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from apikeys.models import Account, APIKey, Token
from apikeys.models.finding import Page
from apikeys.templatetags.durations import age, clock, day, elapsed, full
from apikeys.templatetags.finding import total
from tests.conftest import BY
from tests.naughty import HOSTILE
from tests.views.conftest import url
from tests.views.test_errors import failing

PORTUGUESE = {"accept-language": "pt-BR,pt;q=0.9,en;q=0.8"}
PO = "apikeys/locale/pt_BR/LC_MESSAGES/django.po"


@pytest.fixture(autouse=True)
def english_again():
    """A request leaves its language behind in the thread."""
    yield
    translation.activate("en")


def seen(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def lang(response) -> str:
    return seen(response).html["lang"]


def choose(client, language, back="/", **options):
    return client.post("/language/", {"language": language, "next": back}, **options)


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("", "en"),
        ("en-US,en;q=0.9", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("es-AR,es;q=0.9", "es"),
        ("de,es;q=0.5", "es"),
        ("de", "en"),
        ("*", "en"),
    ],
)
def test_the_language_of_the_browser_is_that_of_the_pages(client, db, accepted, shown):
    assert lang(client.get("/auth/login/", headers={"accept-language": accepted})) == shown


def test_the_language_that_was_chosen_wins_and_is_remembered(plain):
    response = choose(plain, "es", url("keys"))

    assert (response.status_code, response["Location"]) == (303, url("keys"))
    assert lang(plain.get(url("keys"), headers=PORTUGUESE)) == "es"
    cookie = response.cookies["language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("es", "Lax", True)
    assert cookie["max-age"] == 365 * 24 * 60 * 60
    assert not cookie["secure"]


def test_with_https_the_choice_is_kept_for_https(client, db, settings):
    settings.HTTPS = True

    assert choose(client, "es").cookies["language"]["secure"]


@pytest.mark.parametrize("unknown", ["", "de", "pt", "PT-BR", "../es", "es\x00", "e" * 10_000])
def test_a_language_that_is_not_there_is_ignored(client, db, unknown):
    response = choose(client, unknown)

    assert response.status_code == 303
    assert "language" not in response.cookies


def test_a_cookie_that_names_no_language_is_ignored(client, db):
    client.cookies["language"] = "xx"

    assert lang(client.get("/auth/login/", headers=PORTUGUESE)) == "pt-BR"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_choice_leads_to_no_other_site(client, db, hostile):
    assert choose(client, "es", hostile)["Location"] == "/"


def test_choosing_needs_the_form_of_our_own_pages(db):
    assert choose(Client(enforce_csrf_checks=True), "es").status_code == 403


def test_the_menu_names_each_language_in_itself(plain):
    items = seen(plain.get(url("keys"), headers=PORTUGUESE)).select("#language-menu .menu-item")

    assert [(item["value"], item["lang"], item.get_text(strip=True)) for item in items] == [
        ("en", "en", "English"),
        ("pt-br", "pt-BR", "Português"),
        ("es", "es", "Español"),
    ]
    assert [item["value"] for item in items if item.get("aria-current")] == ["pt-br"]


@pytest.mark.parametrize("page", ["login/", "password/reset/", "password/reset/done/", "inactive/"])
def test_the_language_can_be_chosen_before_signing_in(client, db, page):
    form = seen(client.get(f"/auth/{page}")).select_one(".language-choice")

    assert (form["action"], form.select_one("[name=next]")["value"]) == ("/language/", f"/auth/{page}")
    assert [button["value"] for button in form.select("button")] == ["en", "pt-br", "es"]


# Whole pages --------------------------------------------------------------------------------------


HOLE = r"%\(\w+\)[sd]|\{\w+\}"


def english_words() -> list[re.Pattern]:
    """What the code says in English, where Portuguese says it otherwise."""
    entries = re.findall(r'^msgid "(.+)"\n(?:msgid_plural ".+"\n)?msgstr(?:\[0\])? "(.+)"', Path(PO).read_text(), re.M)
    portuguese = {theirs.casefold() for _, theirs in entries}
    return [
        re.compile(".+".join(map(re.escape, re.split(HOLE, ours))))
        for ours, _ in entries
        if ours.casefold() not in portuguese and re.search("[a-z]", re.sub(HOLE, "", ours))
    ]


ENGLISH = english_words()
SPOKEN = [
    "aria-label",
    "aria-description",
    "title",
    "placeholder",
    "data-said",
    "data-failed",
    "data-anyway",
    "data-found",
    "data-sorted",
]


def english_in(response) -> list[str]:
    """The words of a page and of its attributes that are still English. Data is not looked at, nor other languages."""
    page = seen(response)
    for data in page.select("[translate=no], script, style, body [lang=en], body [lang=es]"):
        data.decompose()
    texts = [" ".join(text.split()) for text in page.stripped_strings]
    texts += [" ".join(tag[name].split()) for name in SPOKEN for tag in page.select(f"[{name}]")]
    assert texts
    return [text for text in texts if any(pattern.fullmatch(text) for pattern in ENGLISH)]


@pytest.fixture
def everything(acme, globex, admin, erp, shop, partner):
    """Keys in all states, more than a page of them, and a second account to switch to."""
    for number, (days, hours) in enumerate([(30, 1), (100, 30), (200, 24 * 200), (300, None), (800, 24 * 800)]):
        key, _ = APIKey.generate(acme, f"chave {number}", roles=Group.objects.all()[: number + 1], by=BY)
        now = timezone.now()
        used = hours and now - dt.timedelta(hours=hours)
        Token.objects.filter(api_key=key).update(created_at=now - dt.timedelta(days=days), last_used_at=used)
    key.deactivate(by=BY)
    key.edit(roles=[], is_active=True, seen=APIKey.objects.get(pk=key.pk).state, by=BY)
    Token.objects.filter(api_key=shop).update(last_used_at=timezone.now())
    for number in range(25):
        APIKey.generate(acme, f"chave {number}", by=BY)
    globex.memberships.create(user=admin)
    return erp, shop


WITHOUT_KEY = ["keys", "generate", "settings", "external", "external_add"]
GET = [*WITHOUT_KEY, "edit", "status", "delete", "history", "renewal_undo", "old_token_delete"]
GET_EXTERNAL = ["external_edit", "external_remove", "external_history"]


@pytest.mark.parametrize("asks", ["plain", "htmx"])
@pytest.mark.parametrize("name", [*GET, *GET_EXTERNAL])
def test_no_english_is_left_on_a_page(request, everything, partner, name, asks):
    client = request.getfixturevalue(asks)
    key = partner if name in GET_EXTERNAL else everything[1]
    response = client.get(url(name, None if name in WITHOUT_KEY else key), headers=PORTUGUESE)

    assert response.status_code == 200
    assert english_in(response) == []


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("renewal", {}, 200),
        ("generate", {"name": "Vitrine"}, 200),
        ("generate", {"name": "", "roles": "0"}, 422),
        ("delete", {}, 422),
        ("edit", {"roles": "0"}, 422),
        ("old_token_delete", {}, 404),
        ("status", {}, 409),
        ("settings", {"token_duration": "1"}, 422),
        ("external_add", {"key": "", "roles": "0"}, 422),
        ("external_add", {"key": "x"}, 422),
        ("external_add", {"key": "vtexappkey-globex-AAAAAA"}, 422),
    ],
)
def test_no_english_is_left_in_an_answer(plain, everything, name, form, status):
    key = None if name in WITHOUT_KEY else everything[0]
    response = plain.post(url(name, key), form, headers=PORTUGUESE)

    assert response.status_code in (status, 409)
    assert english_in(response) == []


@pytest.mark.parametrize(
    "query", ["?q=nothing-like-it", "?status=active&renewal=pending&role=1", "?page=2", "?page=99"]
)
def test_no_english_is_left_in_what_was_found(plain, everything, query):
    assert english_in(plain.get(url("keys") + query, headers=PORTUGUESE, follow=True)) == []


def test_no_english_is_left_outside_the_beta_and_for_who_may_only_look(client, viewer, everything, settings):
    settings.SUPPORT_URL = "https://support.example/"
    Account.objects.update(in_beta=False, refuses_outdated=True)
    client.force_login(viewer)

    for name in ["keys", "settings", "generate"]:
        assert english_in(client.get(url(name), headers=PORTUGUESE)) == []


def test_no_english_is_left_in_the_help(plain):
    assert english_in(plain.get("/help/", headers=PORTUGUESE)) == []


@pytest.mark.parametrize(
    "page", ["login/", "login/?session=ended", "password/reset/", "password/reset/done/", "inactive/"]
)
def test_no_english_is_left_before_signing_in(client, db, page):
    assert english_in(client.get(f"/auth/{page}", headers=PORTUGUESE)) == []


@pytest.mark.parametrize("form", [{}, {"login": "x", "password": "x"}, {"login": "a@b.example", "password": "x"}])
def test_a_sign_in_is_refused_in_the_language_of_the_page(client, db, form):
    response = client.post("/auth/login/", form, headers=PORTUGUESE)

    assert response.status_code == 200
    assert english_in(response) == []


def test_the_search_finds_english_where_it_is(plain, everything):
    """So that the tests above would fail."""
    found = english_in(plain.get(url("keys") + "?page=2"))

    assert {"Search", "Never used", "Renew in 60 days", "Renewal recommended", "Pending deletion - Old token"} <= set(
        found
    )


@pytest.mark.parametrize(
    ("address", "title"),
    [("/nothing/", "Página não encontrada"), ("/accounts/globex/api-keys/", "Página não encontrada")],
)
def test_an_error_is_told_in_the_language_of_the_browser(plain, globex, address, title):
    response = plain.get(address, headers=PORTUGUESE)

    assert (lang(response), seen(response).h1.get_text(strip=True)) == ("pt-BR", title)
    assert seen(response).title.get_text(strip=True) == f"{title} - Chaves de API"
    assert english_in(response) == []


def test_an_error_before_anything_else_is_told_in_it_too(db):
    visitor = Client(raise_request_exception=False)
    response = visitor.get("/auth/login/", headers={"host": "evil.example", **PORTUGUESE})
    assert (response.status_code, lang(response)) == (400, "pt-BR")

    with failing(ValueError()):
        visitor.cookies["sessionid"] = "x" * 32
        visitor.cookies["language"] = "es"
        response = visitor.get(url("keys"), headers=PORTUGUESE)
    assert (response.status_code, lang(response)) == (500, "es")
    assert seen(response).h1.get_text(strip=True) == "Se produjo un error"


def test_the_message_for_a_new_password_is_in_the_language_of_who_asks(client, admin):
    for email in [admin.email, "nobody@example.com"]:
        client.post("/auth/password/reset/", {"email": email}, headers=PORTUGUESE)

    assert [message.subject for message in mail.outbox] == ["Escolha uma nova senha", "Nenhum usuário com este e-mail"]
    assert "O link funciona uma vez, por 1 hora:" in mail.outbox[0].body
    assert "Se ela não foi solicitada, ignore esta mensagem." in mail.outbox[1].body


def test_staff_read_their_own_language(client, staff, everything):
    client.force_login(staff)
    page = client.get("/admin/apikeys/token/", headers=PORTUGUESE)

    headers = [th.get_text(" ", strip=True) for th in seen(page).select("thead th .text")]
    assert (lang(page), headers) == (
        "pt-br",
        ["Chave de API", "Token", "Criação", "Último uso", "Endereço do último uso"],
    )
    assert "Equipe de Chaves de API" in page.text


def test_machines_are_answered_in_english(client, db):
    response = client.get("/api/verify", headers=PORTUGUESE)

    assert response.json()["message"] == "Unknown key or wrong token."


# Words, dates, numbers ----------------------------------------------------------------------------

SAO_PAULO = dt.timezone(dt.timedelta(hours=-3))
MOMENT = dt.datetime(2026, 11, 23, 19, 41, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "date", "hour", "whole"),
    [
        ("en", "Nov 23, 2026", "4:41 PM", "November 23, 2026, 4:41 PM (UTC-3)"),
        ("pt-br", "23 nov. 2026", "16:41", "23 de novembro de 2026, 16:41 (UTC-3)"),
        ("es", "23 nov 2026", "16:41", "23 de noviembre de 2026, 16:41 (UTC-3)"),
    ],
)
def test_dates_are_written_as_in_the_language(language, date, hour, whole):
    with translation.override(language), timezone.override(SAO_PAULO):
        assert (day(MOMENT), clock(MOMENT), full(MOMENT)) == (date, hour, whole)


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", ["1,204", "10,000+"]), ("pt-br", ["1.204", "10.000+"]), ("es", ["1\xa0204", "10\xa0000+"])],
)
def test_numbers_are_grouped_as_in_the_language(language, written):
    with translation.override(language):
        assert [total(Page([], 1, count, False)) for count in (1204, 12_345)] == written


@pytest.mark.parametrize(
    ("language", "ages"),
    [
        ("en", ["Today", "1 day", "41 days", "8 months", "1 year", "1 year, 1 month", "2 years, 2 months"]),
        ("pt-br", ["Hoje", "1 dia", "41 dias", "8 meses", "1 ano", "1 ano e 1 mês", "2 anos e 2 meses"]),
        ("es", ["Hoy", "1 día", "41 días", "8 meses", "1 año", "1 año y 1 mes", "2 años y 2 meses"]),
    ],
)
def test_ages_have_their_plurals(language, ages):
    created = [
        (11, 23, 2026),
        (11, 22, 2026),
        (10, 13, 2026),
        (3, 23, 2026),
        (11, 23, 2025),
        (10, 23, 2025),
        (9, 23, 2024),
    ]
    with translation.override(language), time_machine.travel(MOMENT, tick=False):
        tokens = [Token(created_at=dt.datetime(year, month, d, tzinfo=dt.UTC)) for month, d, year in created]
        assert [age(token) for token in tokens] == ages


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Just now", "1 minute ago", "2 hours ago", "1 day ago", "2 months ago", "1 year ago"]),
        ("pt-br", ["Agora mesmo", "há 1 minuto", "há 2 horas", "há 1 dia", "há 2 meses", "há 1 ano"]),
        ("es", ["Ahora mismo", "hace 1 minuto", "hace 2 horas", "hace 1 día", "hace 2 meses", "hace 1 año"]),
    ],
)
def test_last_uses_have_their_plurals(language, words):
    minute, hour, whole_day = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
    times = [minute / 2, minute, 2 * hour, whole_day, 60 * whole_day, 365 * whole_day]
    with translation.override(language):
        assert [elapsed(time) for time in times] == words


def test_one_english_word_may_be_two_in_portuguese(plain, erp):
    table = seen(plain.get(url("keys"), headers=PORTUGUESE))
    edit = seen(plain.get(url("edit", erp), headers=PORTUGUESE))

    assert (table.select_one(".tag.green").get_text(strip=True), table.select_one("th.col-roles").string) == (
        "Ativo",
        "Perfil de acesso",
    )
    assert "Ativa" in edit.select_one(".status-choice .choice").get_text(" ", strip=True).split()
    assert edit.select_one(".roles-field legend").get_text(" ", strip=True) == "Perfis de acesso"


def test_each_language_has_its_words():
    assert [code for code, _ in configured.LANGUAGES] == ["en", "pt-br", "es"]
    for folder in ["pt_BR", "es"]:
        assert (Path(configured.LOCALE_PATHS[0]) / folder / "LC_MESSAGES" / "django.mo").exists()


@pytest.mark.parametrize("name", ["accept-language", "accept"])
@pytest.mark.parametrize(
    "header",
    ['"' * 65_536, '("' * 32_768, 'pt;q="' + '"\\' * 32_000, "pt-br," * 11_000, "a-" * 32_768, "x;q=" + "9" * 65_000],
)
def test_a_hostile_header_costs_nothing(client, db, name, header):
    client.get("/auth/login/")  # what is done once
    began = time.thread_time()
    response = client.get(reverse("account_login"), headers={name: header})
    took = time.thread_time() - began

    assert response.status_code == 200
    assert took <= 0.1
