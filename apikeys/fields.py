from __future__ import annotations

from typing import Any

from django.forms import BoundField


class Field(BoundField):
    """A field as templates/_field.html draws it: its error stands in place of its help text, and takes the focus.

    Named by a form as `bound_field_class`. The form may name another field to begin with in `begin_with`.
    """

    @property
    def aria_describedby(self) -> str | None:
        return f"{self.auto_id}_error" if self.errors else super().aria_describedby

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        if not (widget or self.field.widget).is_hidden and self.name == self._first():
            attrs["autofocus"] = True
        return attrs

    def _first(self) -> str:
        invalid = (name for name in self.form.fields if name in self.form.errors)
        begin_with = getattr(self.form, "begin_with", "") or next(iter(self.form.fields))
        return next(invalid, begin_with)
