from django import template

from apikeys.toolbar import Toolbar

register = template.Library()


@register.simple_tag
def page_address(toolbar: Toolbar, number: int) -> str:
    return toolbar.page(number)
