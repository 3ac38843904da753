import datetime as dt
import string
import zlib

import argon2
import pytest
from django.core import serializers
from django.db import IntegrityError, transaction
from django.utils import timezone

from apikeys.models import APIKey, Event, Plaintext, Token
from apikeys.models.tokens import checksum
from apikeys.models.uses import Use, record_uses
from tests.conftest import BY

BODY = "THEQUICKBROWNFOXJUMPSOVERTHELAZYDOG" * 3 + "ABCDEFGHIJKLMNOP"  # 121 letters


def test_a_plaintext_is_128_upper_case_letters():
    plaintext = Plaintext.random()

    assert len(plaintext) == 128
    assert set(plaintext) <= set(string.ascii_uppercase)
    assert plaintext.is_well_formed


def test_no_two_plaintexts_share_a_part():
    plaintexts = [Plaintext.random() for _ in range(200)]

    for part in (slice(0, 25), slice(25, 121)):
        assert len({plaintext[part] for plaintext in plaintexts}) == 200


def test_each_letter_is_as_likely_as_any_other():
    letters = "".join(Plaintext.random()[:121] for _ in range(400))

    # 48,400 letters: 1,862 of each, give or take 42; the bounds are ten times that away.
    assert all(1440 < letters.count(letter) < 2280 for letter in string.ascii_uppercase)


def test_the_first_25_letters_find_the_row(erp):
    assert Token.objects.get(selector=erp.plaintext[:25]) == erp.token


def test_the_last_7_letters_are_the_crc_32_of_the_first_121_in_base_26():
    number = 0
    for letter in checksum(BODY):
        number = number * 26 + string.ascii_uppercase.index(letter)

    assert len(checksum(BODY)) == 7
    assert number == zlib.crc32(BODY.encode())


def test_small_checksums_are_filled_up_with_a():
    assert checksum("") == "AAAAAAA"


GOOD = BODY + checksum(BODY)
OFF_BY_ONE = GOOD[:-1] + string.ascii_uppercase[(string.ascii_uppercase.index(GOOD[-1]) + 1) % 26]
MALFORMED = {
    "nothing": "",
    "checksum off by one": OFF_BY_ONE,
    "one letter mistyped": ("A" if GOOD[0] != "A" else "B") + GOOD[1:],
    "two letters swapped": GOOD[1] + GOOD[0] + GOOD[2:],
    "first letter cut": GOOD[1:],
    "last letter cut": GOOD[:-1],
    "cut with its own checksum": BODY[:-1] + checksum(BODY[:-1]),
    "one letter longer": GOOD + "A",
    "longer with its own checksum": BODY + "A" + checksum(BODY + "A"),
    "64 KiB": "A" * 65536,
    "lower case": GOOD.lower(),
    "one lower-case letter with its own checksum": "t" + BODY[1:] + checksum("t" + BODY[1:]),
    "title case": GOOD.title(),
    "in quotes": f'"{GOOD}"',
    "quotes for the outer letters": f'"{GOOD[1:-1]}"',
    "byte order mark": "\ufeff" + GOOD,
    "byte order mark for the first letter": "\ufeff" + GOOD[1:],
    "leading space": " " + GOOD,
    "trailing newline": GOOD + "\n",
    "trailing NUL": GOOD + "\x00",
    "NUL within": GOOD[:60] + "\x00" + GOOD[61:],
    "digits with their own checksum": "1" + BODY[1:] + checksum("1" + BODY[1:]),
    "look-alike Cyrillic letter": GOOD.replace("T", "\u0422"),
    "look-alike Greek letter with its own checksum": "\u03a4" + BODY[1:] + checksum("\u03a4" + BODY[1:]),
    "full-width letter": "\uff34" + GOOD[1:],
    "lone surrogate": "\ud800" + GOOD[1:],
    "non-ASCII throughout": "É" * 128,
}


def test_a_whole_token_is_well_formed():
    assert Plaintext(GOOD).is_well_formed


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_a_token_is_told_without_looking_it_up(text):
    assert not Plaintext(text).is_well_formed


def test_a_plaintext_is_silent_in_reports():
    plaintext = Plaintext.random()

    assert repr(plaintext) == "<plaintext>"
    assert plaintext not in f"{plaintext!r} {[plaintext]} { ({'plaintext': plaintext}) } {(plaintext,)}"


def test_a_plaintext_can_still_be_written_where_it_is_meant_to():
    plaintext = Plaintext(GOOD)

    assert f"{plaintext}" == str(plaintext) == GOOD


def test_a_token_is_stored_as_argon2id_of_its_own_salt(shop):
    for token in shop.tokens.all():
        found = argon2.extract_parameters(token.hash)

        assert found.type is argon2.Type.ID
        assert found.memory_cost >= 19456
        assert found.time_cost >= 2
        assert found.parallelism >= 1
        assert (found.salt_len, found.hash_len) == (16, 32)
    assert len({token.hash.split("$")[4] for token in shop.tokens.all()}) == 2


def test_the_hash_is_of_the_whole_plaintext(erp):
    stored = argon2.PasswordHasher()

    assert stored.verify(erp.token.hash, str(erp.plaintext))
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        stored.verify(erp.token.hash, erp.plaintext[:-1])


def test_a_token_accepts_its_own_plaintext_only(shop):
    assert shop.token.accepts(shop.new)
    assert not shop.token.accepts(shop.old)


def test_nothing_of_the_secret_is_stored(shop):
    shop.keep_old_token(by=BY)
    rows = serializers.serialize("json", [*APIKey.objects.all(), *Token.objects.all(), *Event.objects.all()])

    for plaintext in (shop.old, shop.new):
        assert plaintext[:25] in rows  # so that the next line looks in the right place
        assert not any(plaintext[at : at + 12] in rows for at in range(25, 121 - 12))


@pytest.mark.parametrize("is_old", [True, False])
def test_the_database_refuses_a_third_token(shop, is_old):
    with pytest.raises(IntegrityError), transaction.atomic():
        Token.objects.create(api_key=shop, is_old=is_old, selector="A" * 25, hash="-")

    assert shop.tokens.count() == 2


def test_the_database_refuses_two_new_tokens(erp):
    with pytest.raises(IntegrityError), transaction.atomic():
        Token.objects.create(api_key=erp, is_old=False, selector="A" * 25, hash="-")


@pytest.mark.parametrize("is_old", [True, False])
def test_the_database_refuses_to_make_both_tokens_old_or_new(shop, is_old):
    with pytest.raises(IntegrityError), transaction.atomic():
        shop.tokens.update(is_old=is_old)


def test_the_database_refuses_the_selector_of_another_token(erp, shop):
    with pytest.raises(IntegrityError), transaction.atomic():
        erp.tokens.update(selector=shop.token.selector)


def test_a_use_is_noted(erp):
    now = timezone.now()

    record_uses([Use(erp.token.pk, now, "203.0.113.9", "ERP/1.0")])

    token = erp.token
    assert (token.last_used_at, token.last_used_address, token.last_used_user_agent) == (now, "203.0.113.9", "ERP/1.0")


@pytest.mark.parametrize(("seconds", "noted"), [(-1, False), (59, False), (60, True)])
def test_of_several_processes_one_notes_the_use_within_a_minute(erp, seconds, noted):
    first = timezone.now()
    later = first + dt.timedelta(seconds=seconds)
    record_uses([Use(erp.token.pk, first, None, "first")])

    record_uses([Use(erp.token.pk, later, None, "later")])

    assert (erp.token.last_used_at, erp.token.last_used_user_agent) == ((later, "later") if noted else (first, "first"))


def test_a_use_never_brings_a_deleted_token_back(shop):
    late = shop.old_token
    shop.delete_old_token(by=BY)

    record_uses([Use(late.pk, timezone.now(), None, "")])

    assert shop.tokens.get().accepts(shop.new)


def test_a_token_is_given_to_one_key_only(erp, shop):
    with pytest.raises(IntegrityError), transaction.atomic():
        erp.token.give_to(shop)  # an INSERT, never an UPDATE of somebody's row


# What a refusal of outdated tokens would hit --------------------------------------------------------------------------

NOW = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def refusable(account) -> tuple[int, int]:
    return Token.objects.refusable(account, now=NOW).tally(now=NOW)


@pytest.mark.parametrize("days", [90, 180])
@pytest.mark.parametrize(("early", "number"), [(SECOND, 0), (0 * SECOND, 1), (-SECOND, 1)])
def test_a_token_counts_as_outdated_from_the_token_duration_on(acme, erp, days, early, number):
    acme.apply_settings(token_duration=days, refuses_outdated=False, by=BY)
    acme.refresh_from_db()
    erp.tokens.update(created_at=NOW - dt.timedelta(days=days) + early, last_used_at=NOW)

    assert refusable(acme) == (number, number)


@pytest.mark.parametrize(("ago", "in_use"), [(0, 1), (24 * 3600 - 1, 1), (24 * 3600, 0), (24 * 3600 + 1, 0)])
def test_an_outdated_token_counts_as_used_for_24_hours(acme, erp, ago, in_use):
    erp.tokens.update(created_at=NOW - dt.timedelta(days=100), last_used_at=NOW - ago * SECOND)

    assert refusable(acme) == (1, in_use)


def test_a_token_that_was_never_used_counts_as_outdated_only(acme, erp):
    erp.tokens.update(created_at=NOW - dt.timedelta(days=100))

    assert refusable(acme) == (1, 0)


def test_of_a_renewal_each_token_counts_for_itself(acme, shop):
    shop.tokens.update(last_used_at=NOW)
    shop.tokens.filter(is_old=True).update(created_at=NOW - dt.timedelta(days=100))
    assert refusable(acme) == (1, 1)
    shop.tokens.update(created_at=NOW - dt.timedelta(days=100))
    assert refusable(acme) == (2, 2)


def test_what_is_refused_already_does_not_count(acme, erp):
    erp.tokens.update(created_at=NOW - dt.timedelta(days=100), last_used_at=NOW)
    erp.deactivate(by=BY)

    assert refusable(acme) == (0, 0)


def test_the_tokens_of_another_account_do_not_count(acme, globex, erp):
    erp.tokens.update(created_at=NOW - dt.timedelta(days=100), last_used_at=NOW)

    assert refusable(globex) == (0, 0)
