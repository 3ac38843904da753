"""What collecting makes of the style sheet and the script of every page."""

import re
import shutil

import pytest
from django.contrib.staticfiles.finders import get_finders

from config.environment import BASE_DIR
from config.storage import IMPORT, Storage

STATIC = BASE_DIR / "static"
ALONE = {"help.css", "noscript.css", "settings.css"}


@pytest.fixture
def collected(tmp_path):
    """The text that a page gets under the name of a file."""
    paths = {name: (storage, name) for finder in get_finders() for name, storage in finder.list(["admin", "ninja"])}
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    storage = Storage(location=tmp_path, base_url="/static/")
    assert [done for *_names, done in storage.post_process(paths) if isinstance(done, Exception)] == []
    return lambda name: (tmp_path / storage.stored_name(name)).read_text()


@pytest.mark.parametrize("kind", ["css", "js"])
def test_every_file_is_part_of_the_bundle(kind):
    parts = IMPORT.findall((STATIC / kind / f"site.{kind}").read_text())
    ours = [part for part in parts if "/" not in part]

    assert {f"site.{kind}", *ours} == {file.name for file in (STATIC / kind).iterdir()} - ALONE


def test_the_style_sheet_is_collected_whole_and_in_order(collected):
    sheet = collected("css/site.css")

    assert "@import" not in sheet
    assert sheet.index("--color-page:") < sheet.index(".button {") < sheet.index("@media print")


def test_the_script_is_collected_whole_and_each_file_keeps_its_names(collected):
    script = collected("js/site.js")

    assert re.findall(r"^import ", script, re.MULTILINE) == []
    assert script.count("\n{\n") == len(IMPORT.findall((STATIC / "js" / "site.js").read_text()))
    assert "customElements.define" in script


def test_htmx_comes_first_and_then_what_it_may_not_do(collected):
    script = collected("js/site.js")

    assert (
        script.index("var htmx=function") < script.index('name: "htmx-config"') < script.index("customElements.define")
    )
    for setting in ("allowEval", "allowScriptTags", "includeIndicatorStyles"):
        assert f"{setting}: false" in script
