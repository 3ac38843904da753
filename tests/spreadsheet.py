"""Reads an .xlsx file as a spreadsheet program does, with nothing but the standard library."""

import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree

NAMES = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
FIRST_DAY = dt.datetime(1899, 12, 30)
DATE = "yyyy-mm-dd hh:mm"


def parts(content: bytes) -> dict[str, bytes]:
    """Return the files inside, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def sheets(content: bytes) -> dict[str, list[list]]:
    """Return the rows of each sheet by its name: texts, numbers, dates, and None where nothing is written."""
    files = {name: ElementTree.fromstring(part) for name, part in parts(content).items()}
    formats = {
        tag.get("numFmtId"): tag.get("formatCode") for tag in files["xl/styles.xml"].iterfind(".//numFmt", NAMES)
    }
    styles = [formats.get(tag.get("numFmtId")) for tag in files["xl/styles.xml"].iterfind("cellXfs/xf", NAMES)]
    titles = [tag.get("name") for tag in files["xl/workbook.xml"].iterfind("sheets/sheet", NAMES)]
    return {title: rows(files[f"xl/worksheets/sheet{number}.xml"], styles) for number, title in enumerate(titles, 1)}


def rows(sheet, styles: list[str | None]) -> list[list]:
    width = max(int(column.get("max")) for column in sheet.iterfind("cols/col", NAMES))
    read = []
    for row in sheet.iterfind("sheetData/row", NAMES):
        cells = {cell.get("r")[0]: value(cell, styles) for cell in row.iterfind("c", NAMES)}
        read.append([cells.get(chr(ord("A") + place)) for place in range(width)])
    return read


def value(cell, styles: list[str | None]):
    if cell.get("t") == "inlineStr":
        return ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), cell.findtext("is/t", "", NAMES))
    number = float(cell.findtext("v", None, NAMES))
    if styles[int(cell.get("s", 0))] == DATE:
        # Excel counts days: a moment in it is a little beside the one that was meant.
        return (FIRST_DAY + dt.timedelta(days=number, milliseconds=0.5)).replace(microsecond=0)
    return int(number)
