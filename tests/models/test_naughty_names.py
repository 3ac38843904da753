"""More than 10,000 names: each is stored exactly as it was typed, or refused by a message at its field."""

import pytest

from apikeys.forms import GenerateKeyForm
from apikeys.models import APIKey, GeneratedFinding
from apikeys.models.finding import searchable
from tests.naughty import BROKEN, CLASSES, can_be_sent, corpus

REQUIRED, LONG, BROKEN_NAME = (
    "Fill in the key identification",
    "Use at most 80 characters",
    "Use printable characters only",
)
OF_DJANGO = "Null characters are not allowed."  # besides ours


def answer(form: GenerateKeyForm, name: str) -> str | set[str]:
    """Return the name that the form would store, or the words of its refusal."""
    form.data = {"name": name}
    form.full_clean()
    return form.cleaned_data.get("name") or set(form.errors["name"]) - {OF_DJANGO}


def expected(name: str) -> str | set[str]:
    typed = name.strip()  # spaces around a name are no part of it
    broken = bool(set(typed) & set(BROKEN)) or not can_be_sent(typed)
    refusals = [(not typed, REQUIRED), (len(typed) > 80, LONG), (broken, BROKEN_NAME)]
    return {words for applies, words in refusals if applies} or typed


@pytest.fixture(scope="module")
def names():
    return corpus()


@pytest.fixture
def form(db):
    return GenerateKeyForm({})


def test_a_name_is_kept_or_refused_and_never_cut(form, names):
    assert len(names) >= 10_000
    wrong = [name[:100] for name in names if answer(form, name) != expected(name)]

    assert wrong == []


def test_what_the_form_keeps_the_database_gives_back_exactly(form, acme, names):
    kept = list({name for name in map(expected, names) if isinstance(name, str)})
    keys = APIKey.objects.bulk_create([APIKey(account=acme, key=f"k{n}", name=name) for n, name in enumerate(kept)])

    assert len(keys) > 5_000
    assert dict(APIKey.objects.values_list("key", "name")) == {f"k{n}": name for n, name in enumerate(kept)}


@pytest.mark.parametrize("kind", CLASSES)
def test_a_name_is_found_by_itself(acme, kind):
    names = [name for name in map(expected, CLASSES[kind]) if isinstance(name, str)]
    APIKey.objects.bulk_create([APIKey(account=acme, key=f"k{n}", name=name) for n, name in enumerate(names)])

    for name in names:
        found = APIKey.objects.filter(GeneratedFinding(account=acme, words=name)._with_words())
        assert not searchable(name) or name in found.values_list("name", flat=True), name
