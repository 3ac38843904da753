from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Use a symbol of _icons.html, which the page draws once however many rows use it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#icon-{}" /></svg>', name)
