"""Static files as they are served: one style sheet and one script, each of many files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = ("css/site.css", "js/site.js")
IMPORT = re.compile(r'^@?import "(?:\./)?([a-z0-9._/-]+)";$', re.MULTILINE)
# Comments and indents. No string of ours holds /* or goes on in a second line.
IDLE = re.compile(r"/\*[^*]*\*/|^[ \t]*//.*$|^\s+", re.MULTILINE)

# From the name of a static file to the storage that has it, and its path there.
Paths = dict[str, tuple[Any, str]]


class Storage(CompressedManifestStaticFilesStorage):
    """Collects each bundle with what it imports; then hashes and compresses as whitenoise does.

    Where nothing is collected, in development and under test, the browser follows the imports itself.
    """

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        whole = InMemoryStorage()
        for name in BUNDLES:
            whole.save(name, ContentFile(bundle(name, paths).encode()))
        yield from super().post_process(paths | {name: (whole, name) for name in BUNDLES}, dry_run, **options)


def bundle(name: str, paths: Paths) -> str:
    folder = posixpath.dirname(name)
    return IMPORT.sub(lambda found: part(posixpath.normpath(f"{folder}/{found[1]}"), paths), read(name, paths))


def part(name: str, paths: Paths) -> str:
    """A script keeps its names to itself in a block, as it does in a module of its own."""
    text = IDLE.sub("", read(name, paths))
    return f"{{\n{text}}}" if name.endswith(".js") else text


def read(name: str, paths: Paths) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return str(file.read().decode())
