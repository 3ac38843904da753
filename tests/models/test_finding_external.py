"""Which keys of other accounts are found, and in which order."""

import datetime as dt

import pytest
from django.utils import timezone

from apikeys.models import Account, APIKey, ExternalFinding, ExternalKey

NOW = timezone.now()


@pytest.fixture
def add(acme):
    """Add a key to acme by its letters, so many days ago."""

    def add(letters, *, slug="sellerone", owner="Seller One", days=0, active=True, roles=(), to=acme):
        account, _new = Account.objects.get_or_create(slug=slug, name=owner)
        key = f"vtexappkey-{slug}-{letters * 6}"
        key = APIKey.objects.create(account=account, key=key, name="Their own words", is_active=active)
        external = ExternalKey.objects.create(account=to, api_key=key, added_at=NOW - dt.timedelta(days=days))
        external.roles.set(roles)
        return external

    return add


@pytest.fixture
def found(acme):
    """The letters of the keys that are found, in order."""

    def found(**criteria):
        return "".join(key.key[-1] for key in ExternalFinding(acme, **criteria).page().keys)

    return found


@pytest.mark.parametrize(
    "words", ["vtexappkey-feeds-AAAAAA", "AAAAAA", "aaaaaa", "S-aa", "feeds", "Integração", "INTEGRACAO", "ação d", "a"]
)
def test_words_are_found_anywhere_in_key_or_owner_without_case_and_accents(add, found, words):
    add("A", slug="feeds", owner="Integração de dados")
    add("C", slug="other", owner="Other")

    assert found(words=words, sort="key").startswith("A")
    assert found(words=words, sort="key") == "A" or len(words) < 3


@pytest.mark.parametrize(
    "words", ["their", "own words", "%", "_", "\\", "'", '"', "SellerOne AAAAAA", "acme", "ß", "ı"]
)
def test_what_its_owner_calls_it_and_operators_are_not_found(add, found, words):
    add("A")

    assert found(words=words) == ""


@pytest.mark.parametrize("words", ["\x00", " ", "\u0301", "\u202e"])
def test_words_without_anything_to_see_are_no_words(add, found, words):
    add("A")

    assert found(words=words) == "A"


def test_an_owner_that_is_named_anew_is_found_by_that(add, found):
    owner = add("A").api_key.account
    owner.name = "Café Ltd"
    owner.save()

    assert (found(words="cafe"), found(words="seller one")) == ("A", "")


def test_each_account_finds_its_own(add, found, globex):
    add("A", to=globex)
    add("B")

    assert found() == "B"


def test_filters_and_words_add_up(add, found, roles):
    catalog, logistics = roles
    add("A", roles=[catalog, logistics], active=False)
    add("B", roles=[logistics])
    add("C", active=False)

    assert found(status=("inactive",), sort="key") == "AC"
    assert found(status=("inactive", "active"), sort="key") == "ABC"
    assert found(roles=(catalog.pk, logistics.pk), sort="key") == "AB"
    assert found(roles=(logistics.pk,), status=("active",)) == "B"
    assert found(words="ccc", roles=(logistics.pk,)) == ""


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("key", "ABCD"),
        ("-key", "DCBA"),
        ("-added", "DBCA"),
        ("added", "ABCD"),
        ("status", "BDAC"),
        ("-status", "ACBD"),
    ],
)
def test_each_sort_has_every_key_once_and_breaks_ties_by_key(add, found, sort, order):
    add("D", days=1)
    add("A", days=9, active=False)
    add("C", days=3, active=False)
    add("B", days=3)

    assert found(sort=sort) == order
    assert found(sort=sort, words="seller") == order


def test_pages_have_25_keys_and_an_end(add, acme, found):
    for n in range(30):
        add(f"{n:02}")

    assert len(found()) == 25
    assert len(found(number=2, sort="key")) == 5
    assert ExternalFinding(acme, number=3).page() is None
    assert ExternalFinding(acme, number=3).last_page().number == 2
