"""The languages of the pages, and what a page has to know of its own."""

from __future__ import annotations

from typing import NamedTuple

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

register = template.Library()


class Language(NamedTuple):
    """`name` is in the language itself, whose tag for `lang` is `tag`: pt-BR, where Django's code is pt-br."""

    code: str
    name: str

    @property
    def tag(self) -> str:
        return to_locale(self.code).replace("_", "-")

    @property
    def short(self) -> str:
        return self.code[:2].upper()


@register.simple_tag
def languages() -> list[Language]:
    return [Language(*language) for language in settings.LANGUAGES]


@register.simple_tag
def current_language() -> Language:
    code = get_language() or settings.LANGUAGE_CODE
    return Language(code, dict(settings.LANGUAGES).get(code, ""))


@register.simple_block_tag
def document_title(content: SafeString) -> SafeString:
    """Return "Settings - API Keys": the words of a page's own title, in a sentence that each language may turn."""
    tab = mark_safe(content.strip())  # noqa: S308  # nosec B308 B703: rendered, so escaped already
    return format_html(_("{tab} - API Keys"), tab=tab)
