"""Ages, due dates and last uses in words. Days are counted in the current time zone, which is the account's."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apikeys.models import Token

register = template.Library()


@register.filter
def age(token: Token) -> str:
    """Return "Today", "41 days", "8 months" or "1 year, 2 months"."""
    created, today = timezone.localdate(token.created_at), timezone.localdate()
    days, months = (today - created).days, complete_months(created, today)
    if days < 1:
        return _("Today")
    if days < 60:
        return in_days(days)
    return in_months(months) if months < 12 else in_years(*divmod(months, 12))


@register.filter
def due(token: Token) -> str:
    """Return "Renew in 87 days", "Renew today" or "Outdated for 5 months"."""
    since, today = timezone.localdate(token.outdated_since), timezone.localdate()
    if token.is_outdated():
        return _("Outdated for %(duration)s") % {"duration": long_duration(since, today, least=1)}
    if since <= today:
        return _("Renew today")
    return _("Renew in %(duration)s") % {"duration": long_duration(today, since)}


def long_duration(start: dt.date, end: dt.date, *, least: int = 0) -> str:
    days = max((end - start).days, least)
    return in_days(days) if days < 100 else in_months(complete_months(start, end))


def complete_months(start: dt.date, end: dt.date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def in_days(n: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def in_months(n: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}


def in_years(years: int, months: int) -> str:
    words = ngettext("%(n)s year", "%(n)s years", years) % {"n": years}
    return _("%(years)s, %(months)s") % {"years": words, "months": in_months(months)} if months else words


@register.simple_tag
def ago(moment: dt.datetime, *, mid_sentence: bool = False) -> SafeString:
    """Return how long ago as a time element whose title is the full date."""
    words = elapsed(timezone.now() - moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        full(moment),
        words[0].lower() + words[1:] if mid_sentence else words,
    )


def elapsed(time: dt.timedelta) -> str:
    """Return whole units, rounded down: "Just now", "1 minute ago", "11 months ago"."""
    minutes, days = int(time.total_seconds() // 60), time.days
    if minutes < 1:
        return _("Just now")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    if days < 1:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", minutes // 60) % {"n": minutes // 60}
    if days < 30:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    if days < 365:
        months = min(days // 30, 11)
        return ngettext("%(n)s month ago", "%(n)s months ago", months) % {"n": months}
    return ngettext("%(n)s year ago", "%(n)s years ago", days // 365) % {"n": days // 365}


@register.filter
def day(moment: dt.datetime) -> str:
    """Return "Nov 23, 2026"."""
    # Translators: Django's date format for a short date, as in Nov 23, 2026.
    return formats.date_format(timezone.localtime(moment), _("M j, Y"))


@register.filter
def clock(moment: dt.datetime) -> str:
    """Return "4:41 PM"."""
    # Translators: Django's date format for a time of day, as in 4:41 PM.
    return formats.date_format(timezone.localtime(moment), _("g:i A"))


@register.filter
def full(moment: dt.datetime) -> str:
    """Return "November 23, 2026, 4:41 PM (UTC-3)"."""
    local = timezone.localtime(moment)
    # Translators: Django's date format for a date with its time, as in November 23, 2026, 4:41 PM.
    words = formats.date_format(local, _("F j, Y, g:i A"))
    # Django's Brazilian months begin with a capital letter, as English ones do; nothing else in the other formats does.
    return f"{words if get_language() == 'en' else words.lower()} ({utc_offset(local)})"


def utc_offset(local: dt.datetime) -> str:
    """Return "UTC", "UTC-3" or "UTC+5:30"."""
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")
