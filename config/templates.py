"""Templates as they are served: an indent that only the house reads is a quarter of a page."""

from __future__ import annotations

import re

from django.template.base import Origin
from django.template.loaders import filesystem

PREFORMATTED_OR_INDENT = re.compile(r"(<pre\b.*?</pre>)|^[ \t]+", re.DOTALL | re.MULTILINE)


class Loader(filesystem.Loader):
    """Loads pages without the indents of their lines; what is not HTML, as it is."""

    def get_contents(self, origin: Origin) -> str:
        text = str(super().get_contents(origin))
        return PREFORMATTED_OR_INDENT.sub(r"\1", text) if origin.name.endswith(".html") else text
