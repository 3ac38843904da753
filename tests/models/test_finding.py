"""What is found, and in which order."""

import datetime as dt

import pytest
from django.utils import timezone

from apikeys.models import APIKey, GeneratedFinding, Token, finding, finding_generated
from tests.conftest import BY

NOW = timezone.now()
DAY = dt.timedelta(days=1)


@pytest.fixture
def make(acme):
    """Make a key by its letters; ages and last uses in days, those of the new token first."""

    def make(letters, name="Key", *, ages=(0,), used=(None,), created=0, active=True, roles=(), account=acme):
        key = APIKey.objects.create(
            account=account,
            key=f"vtexappkey-{account.slug}-{letters * 6}",
            name=name,
            is_active=active,
            created_at=NOW - created * DAY,
        )
        for is_old, (age, last) in enumerate(zip(ages, used, strict=True)):
            Token.objects.create(
                api_key=key,
                is_old=bool(is_old),
                selector=f"{account.slug}{letters}{is_old}",
                hash="-",
                created_at=NOW - age * DAY,
                last_used_at=None if last is None else NOW - last * DAY,
            )
        key.roles.set(roles)
        return key

    return make


@pytest.fixture
def found(acme):
    """The letters of the keys that are found, in order."""

    def found(**criteria):
        return "".join(key.key[-1] for key in GeneratedFinding(acme, **criteria).page().keys)

    return found


@pytest.mark.parametrize(
    "words",
    [
        "erp",
        "ERP",
        "rp sy",
        "Sync",
        "vtexappkey-acme-AAAAAA",
        "aaaaaa",
        "acme-a",
        "café",
        "CAFE",
        "ÇÃO",
        "cao",
        "ｃａｆｅ",
        "e",
        "ca",
    ],
)
def test_words_are_found_anywhere_in_key_or_name_without_case_and_accents(make, found, words):
    make("A", "ERP sync Café Integração")
    make("B", "Billing")

    assert found(words=words).startswith("A")
    assert found(words=words) == "A" or len(words) < 3


@pytest.mark.parametrize("words", ["nothing", "erpsync", "AAAAAA ERP", "globex"])
def test_other_words_are_not_found(make, found, globex, words):
    make("A", "ERP sync")
    make("G", "Nothing of globex", account=globex)

    assert found(words=words) == ""


@pytest.mark.parametrize(
    "words",
    ['"', '""', '"AND"', "AND", "erp AND sync", "erp OR x", "NOT erp", "erp*", "er*", "-erp", "^erp", "text:erp",
     "NEAR(erp sync)", "{text}: erp", "%", "%%%", "_", "___", "\\", "\\\\\\", "'", "';--", "(", ")))", "+erp", "erp'"],
)  # fmt: skip
def test_operators_are_only_words(make, found, words):
    make("A", "ERP sync")
    make("B", f"before {words} behind")

    assert found(words=words) == "B"


@pytest.mark.parametrize("words", ["\x00", "\x00\x00\x00", " ", "\u0301", "\u202e", "\ufeff"])
def test_words_without_anything_to_see_are_no_words(make, found, words):
    make("A")

    assert found(words=words) == "A"


@pytest.mark.parametrize("few", [0, 1, 500])
def test_few_and_many_matches_are_found_alike(make, found, monkeypatch, few):
    monkeypatch.setattr(finding_generated, "FEW", few)
    make("A", "ERP sync", used=(3,))
    make("B", "ERP export", used=(1,))
    make("C", "Billing", used=(2,))

    assert found(words="erp", sort="key") == "AB"
    assert found(words="erp", sort="-last_used") == "BA"
    assert found(words="sync") == "A"
    assert found(words="nowhere") == ""


def test_a_key_that_is_deleted_or_named_anew_is_found_by_what_it_is(erp, shop, found):
    shop.delete(by=BY)
    erp.name = "Billing"
    erp.save()

    assert found(words="marketplace") == found(words="sync") == ""
    assert found(words="billing") == erp.key[-1]


def test_generated_keys_carry_what_finding_reads(erp, shop):
    assert erp.text == f"{erp.key.lower()}\nerp sync"
    assert {(token.account_id, token.key) for token in shop.tokens.all()} == {(shop.account_id, shop.key)}


def test_status_is_either_or_both(make, found):
    make("A")
    make("B", active=False)

    assert found(status=("active",)) == "A"
    assert found(status=("inactive",)) == "B"
    assert found(status=("active", "inactive"), sort="key") == "AB"


def test_any_of_the_roles_will_do_and_a_key_comes_once(make, found, roles):
    catalog, logistics = roles
    make("A", roles=[catalog, logistics])
    make("B", roles=[logistics])
    make("C")

    assert found(roles=(catalog.pk,), sort="key") == "A"
    assert found(roles=(catalog.pk, logistics.pk), sort="key") == "AB"


@pytest.mark.parametrize("duration", [90, 180])
def test_renewal_is_that_of_the_alert(make, found, acme, duration):
    acme.token_duration = duration
    for letters, age in zip("ABCD", [duration - 1, duration, duration + 89, duration + 90], strict=True):
        make(letters, ages=(age,))
    make("E", ages=(0, 400), used=(None, None))

    for states in [("ok",), ("recommended",), ("highly",), ("pending",), ("ok", "pending"), ("recommended", "highly")]:
        alerts = {"ok": "A", "recommended": "BC", "highly": "D", "pending": "E"}
        assert found(renewal=states, sort="key") == "".join(alerts[state] for state in states)
    assert [key.alert or "ok" for key in GeneratedFinding(acme, sort="key").page().keys] == [
        "ok", "recommended", "recommended", "highly", "pending",
    ]  # fmt: skip


def test_filters_and_words_add_up(make, found, roles):
    make("A", "ERP", active=False, roles=roles)
    make("B", "ERP", roles=roles)
    make("C", "ERP", active=False)

    assert found(words="erp", status=("inactive",), roles=(roles[0].pk,)) == "A"
    assert found(words="erp", status=("inactive",), renewal=("pending",)) == ""


@pytest.fixture
def various(make):
    make("D", created=1, ages=(9,), used=(None,))
    make("A", created=4, ages=(50,), used=(7,), active=False)
    make("C", created=2, ages=(1, 200), used=(None, 3))  # renewing: 200 days old, used 3 days ago
    make("B", created=3, ages=(2, 100), used=(5, 30), active=False)  # 100 days old, used 5 days ago
    make("F", created=3, ages=(9,), used=(None,))
    make("E", created=5, ages=(300,), used=(0,))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("key", "ABCDEF"),
        ("-key", "FEDCBA"),
        ("created", "EABFCD"),
        ("-created", "DCBFAE"),
        ("duration", "DFABCE"),
        ("-duration", "ECBADF"),
        ("-last_used", "ECBADF"),
        ("last_used", "DFABCE"),
        ("status", "CDEFAB"),
        ("-status", "ABCDEF"),
    ],
)
def test_each_sort_has_every_key_once_and_breaks_ties_by_key(various, found, sort, order):
    assert found(sort=sort) == order
    assert found(sort=sort, words="vtexappkey", status=("active", "inactive")) == order


@pytest.mark.parametrize(
    ("used", "place"), [((3, 3), "BCA"), ((1, None), "CBA"), ((None, 1), "CBA"), ((None, None), "BAC")]
)
def test_a_renewing_key_has_one_place_whichever_token_was_used(make, found, used, place):
    make("A", used=(4,))
    make("B", used=(2,))
    make("C", ages=(0, 100), used=used)

    assert found(sort="-last_used") == place


def test_the_sort_by_duration_follows_a_renewal_to_its_end(make, found):
    make("A", ages=(50,))
    key = make("B", ages=(0, 100), used=(None, None))
    assert found(sort="-duration") == "BA"

    key.delete_old_token(by=BY)

    assert found(sort="-duration") == "AB"


def test_pages_have_25_keys_and_an_end(make, acme, found):
    for n in range(30):
        make(f"{n:02}")

    assert len(found()) == 25
    assert len(found(number=2)) == 5
    assert GeneratedFinding(acme, number=3).page() is None
    assert GeneratedFinding(acme, number=3).last_page().number == 2


def test_the_count_is_capped_and_the_pages_go_on(make, acme, monkeypatch):
    monkeypatch.setattr(finding, "COUNTED_TO", 27)
    for n in range(60):
        make(f"{n:02}")
    pages = [GeneratedFinding(acme, sort="key", number=number).page() for number in (1, 2, 3)]

    assert [(page.total, page.has_more_than_total) for page in pages] == [(27, True)] * 3
    assert [(page.previous, page.next) for page in pages] == [(None, 2), (1, 3), (2, None)]
    assert [(page.first, page.last) for page in pages] == [(1, 25), (26, 50), (51, 60)]
