import datetime as dt

import pytest
from django.utils import timezone

from apikeys.models import Account, APIKey, Token
from apikeys.templatetags.durations import age, ago, day, due

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAYS = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def travel(time_machine):
    return lambda moment: time_machine.move_to(moment, tick=False)


def token(created_at: dt.datetime = NOON, duration: int = 90) -> Token:
    """A token whose key's account uses a token for so many days; not stored."""
    return Token(created_at=created_at, api_key=APIKey(account=Account(token_duration=duration)))


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("2026-03-01", "Today"),
        ("2026-03-02", "1 day"),
        ("2026-03-03", "2 days"),
        ("2026-04-29", "59 days"),
        ("2026-04-30", "1 month"),
        ("2026-05-01", "2 months"),
        ("2026-05-31", "2 months"),
        ("2026-06-01", "3 months"),
        ("2027-02-28", "11 months"),
        ("2027-03-01", "1 year"),
        ("2027-03-31", "1 year"),
        ("2027-04-01", "1 year, 1 month"),
        ("2027-05-01", "1 year, 2 months"),
        ("2028-02-29", "1 year, 11 months"),
        ("2028-03-01", "2 years"),
        ("2036-12-31", "10 years, 9 months"),
    ],
)
def test_the_age_of_a_token(travel, today, words):
    travel(f"{today}T06:00:00+00:00")

    assert age(token()) == words


def test_a_token_is_of_today_until_midnight(travel):
    travel("2026-03-01T23:59:59+00:00")
    assert age(token()) == "Today"

    travel("2026-03-02T00:00:00+00:00")
    assert age(token()) == "1 day"


def test_a_clock_that_was_set_back_makes_no_negative_age(travel):
    travel(NOON - 3 * DAYS)

    assert age(token()) == "Today"
    assert ">Just now<" in ago(NOON)


@pytest.mark.parametrize(
    ("duration", "later", "words"),
    [
        (90, dt.timedelta(), "Renew in 90 days"),
        (90, 89 * DAYS, "Renew in 1 day"),
        (90, 88 * DAYS, "Renew in 2 days"),
        (90, 90 * DAYS - SECOND, "Renew today"),
        (180, dt.timedelta(), "Renew in 5 months"),
        (180, 80 * DAYS, "Renew in 3 months"),
        (180, 81 * DAYS, "Renew in 99 days"),
        (180, 180 * DAYS - SECOND, "Renew today"),
        (90, 90 * DAYS, "Outdated for 1 day"),
        (90, 91 * DAYS, "Outdated for 1 day"),
        (90, 92 * DAYS, "Outdated for 2 days"),
        (90, 189 * DAYS, "Outdated for 99 days"),
        (90, 190 * DAYS, "Outdated for 3 months"),
        (180, 180 * DAYS, "Outdated for 1 day"),
        (90, 1000 * DAYS, "Outdated for 29 months"),
    ],
)
def test_when_a_token_is_due(travel, duration, later, words):
    travel(NOON + later)

    assert due(token(duration=duration)) == words


@pytest.mark.parametrize(("zone", "words"), [("America/Sao_Paulo", "1 day"), ("UTC", "Today"), ("Asia/Tokyo", "Today")])
def test_the_time_zone_of_the_account_decides_the_day(travel, zone, words):
    created = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)  # 23:00 of the day before in São Paulo
    travel(created + dt.timedelta(hours=2))

    with timezone.override(Account(time_zone=zone).tz):
        assert age(token(created)) == words


@pytest.mark.parametrize(("zone", "words"), [("America/Sao_Paulo", "Renew in 1 day"), ("UTC", "Renew today")])
def test_the_time_zone_of_the_account_decides_the_last_day(travel, zone, words):
    created = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
    travel(created + 90 * DAYS - dt.timedelta(hours=10))  # 02:00 UTC, 23:00 of the day before in São Paulo

    with timezone.override(Account(time_zone=zone).tz):
        assert due(token(created)) == words


def test_a_day_of_25_hours_is_one_day(travel):
    with timezone.override(Account(time_zone="Europe/Madrid").tz):
        travel("2026-10-25T22:30:00+00:00")  # 23:30, after the clocks went back
        assert age(token(dt.datetime(2026, 10, 24, 22, 0, tzinfo=dt.UTC))) == "Today"  # since 00:00


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        ({"seconds": 0}, "Just now"),
        ({"seconds": 59}, "Just now"),
        ({"seconds": 60}, "1 minute ago"),
        ({"minutes": 2}, "2 minutes ago"),
        ({"minutes": 59, "seconds": 59}, "59 minutes ago"),
        ({"hours": 1}, "1 hour ago"),
        ({"hours": 23, "minutes": 59, "seconds": 59}, "23 hours ago"),
        ({"hours": 24}, "1 day ago"),
        ({"days": 29, "hours": 23}, "29 days ago"),
        ({"days": 30}, "1 month ago"),
        ({"days": 60}, "2 months ago"),
        ({"days": 364}, "11 months ago"),
        ({"days": 365}, "1 year ago"),
        ({"days": 800}, "2 years ago"),
    ],
)
def test_how_long_ago_a_token_was_used(travel, passed, words):
    travel(NOON + dt.timedelta(**passed))

    assert f">{words}</time>" in ago(NOON)


def test_a_last_use_carries_its_full_date(travel):
    used = dt.datetime(2026, 11, 23, 19, 41, 30, tzinfo=dt.UTC)
    travel(used + dt.timedelta(minutes=48))

    with timezone.override(Account(time_zone="America/Sao_Paulo").tz):
        shown = ago(used)

    assert 'datetime="2026-11-23T19:41:30+00:00"' in shown
    assert 'title="November 23, 2026, 4:41 PM (UTC-3)"' in shown
    assert shown.endswith(">48 minutes ago</time>")


def test_in_mid_sentence_a_last_use_begins_in_lower_case(travel):
    travel(NOON)

    assert ago(NOON, mid_sentence=True).endswith(">just now</time>")


@pytest.mark.parametrize(
    ("zone", "title"),
    [
        ("UTC", "March 1, 2026, 12:00 PM (UTC)"),
        ("Asia/Kolkata", "March 1, 2026, 5:30 PM (UTC+5:30)"),
        ("America/St_Johns", "March 1, 2026, 8:30 AM (UTC-3:30)"),
        ("Pacific/Kiritimati", "March 2, 2026, 2:00 AM (UTC+14)"),
    ],
)
def test_a_full_date_names_its_zone(travel, zone, title):
    travel(NOON)

    with timezone.override(Account(time_zone=zone).tz):
        assert f'title="{title}"' in ago(NOON)


@pytest.mark.parametrize(("zone", "words"), [("UTC", "Nov 23, 2026"), ("America/Sao_Paulo", "Nov 22, 2026")])
def test_a_date_is_a_day_of_the_account(zone, words):
    with timezone.override(Account(time_zone=zone).tz):
        assert day(dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)) == words


@pytest.mark.parametrize(
    ("later", "orange", "red"),
    [
        (90 * DAYS - SECOND, False, False),
        (90 * DAYS, True, False),
        (180 * DAYS - SECOND, True, False),
        (180 * DAYS, True, True),
    ],
)
def test_a_token_is_outdated_from_its_duration_on_and_highly_so_90_days_later(travel, later, orange, red):
    travel(NOON + later)

    assert (token().is_outdated(), token().is_highly_outdated()) == (orange, red)


@pytest.mark.parametrize(
    ("passed", "in_use", "recently_used"),
    [
        (dt.timedelta(hours=24) - SECOND, True, True),
        (dt.timedelta(hours=24), False, True),
        (30 * DAYS - SECOND, False, True),
        (30 * DAYS, False, False),
    ],
)
def test_a_token_is_in_use_for_a_day_and_recently_used_for_thirty(travel, passed, in_use, recently_used):
    used = Token(last_used_at=NOON)

    travel(NOON + passed)

    assert (used.in_use, used.recently_used) == (in_use, recently_used)


def test_a_token_that_was_never_used_is_neither():
    assert not Token().in_use
    assert not Token().recently_used
