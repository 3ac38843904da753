from django import template
from django.utils import formats

from apikeys.models.finding import Page
from apikeys.toolbar import Toolbar

register = template.Library()


@register.simple_tag
def page_address(toolbar: Toolbar, number: int) -> str:
    return toolbar.page(number)


@register.filter
def grouped(number: int) -> str:
    """Return "1,204"."""
    return formats.number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def total(page: Page) -> str:
    """Return "1,204", or "10,000+" where it was not worth counting on."""
    return grouped(page.total) + ("+" if page.has_more_than_total else "")
