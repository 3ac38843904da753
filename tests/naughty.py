"""Texts that break things elsewhere: every kind of character, and what each kind of program trips over."""

import random
import sys
import unicodedata
from collections import defaultdict

# What a name cannot hold: control characters, halves of a character, and the sign for bytes that were none.
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
BROKEN = [*CONTROLS, "\ud800", "\udfff", "\ufffd"]

CLASSES = {
    "empty": ["", " ", "\u3000", "\u00a0\u2003", "\u2028"],
    "nothing": ["null", "None", "undefined", "NaN", "nil", "true", "0", "-0", "Infinity", "NULL", "(null)", "[]"],
    "numbers": ["1e309", "0x7f", "9223372036854775808", "-1", "1/0", "٣", "²", "½", "１２３", "1,000", "1_000"],
    "sql": ["'", '"', "';--", "' OR 1=1 --", "1; DROP TABLE apikeys_apikey", "%", "_", "%%%", "\\", "\\'", "''", "`"],
    "html": ["<b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><script>', "&lt;", "&#0;", "]]>"],
    "attributes": ["' hx-get=/x '", '" onfocus=alert(1) autofocus="', "javascript:alert(1)", "x\" hx-on:load='x'"],
    "templates": ["{{7*7}}", "{% csrf_token %}", "${7*7}", "#{7*7}", "%(name)s", "%s%s%n", "{0}", "{name}", "{}"],
    "shell": ["$(id)", "`id`", "; ls", "| cat", "&& id", "$HOME", "-rf", "--help", "~", "*", "../../etc/passwd"],
    "sheets": ["=1+1", "{=1+1}", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "http://x.example/", "_x0041_", "'=1"],
    "headers": ["a: b", "Bcc: x@e.x", "%0d%0aSet-Cookie: a=b", "a;b=c", "a, b", "UTF-8''%C3%A9", "%00", "%ff"],
    "search": ["AND", "NEAR(", "abc*", '"', '"abc', "-abc", "a:b", "^abc", "(", ")", "+", "text:abc", "{abc}"],
    "right to left": ["\u202eabc", "\u200fabc", "שלום", "مرحبا", "\u2067abc\u2069", "abc\u202dabc", "\u061cabc"],
    "invisible": ["\u200b", "a\u200bb", "\u2060", "\ufeffabc", "\u00ad", "\u180e", "a\u034fb", "\U000e0041"],
    "combining": ["e\u0301", "é", "a" + "\u0300" * 79, "\u0301", "Å", "\u212b", "ﬁ", "ŉ", "İ", "ß", "ẞ", "ı", "Ǆ"],
    "joined": ["👨‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇷", "👍🏽", "🔑" * 80, "❤️", "1️⃣", "\u200d", "\ufe0f", "क्ष", "ไทย"],
    "far planes": ["\U0001f511", "\U00020000", "\U0010ffff", "\U000f0000", "\ufffe", "\uffff", "\ufdd0", "\ue000"],
    "long": ["x" * 80, "x" * 81, "é" * 81, "🔑" * 81, "e\u0301" * 41, " " * 100 + "x", "x" * 65_536, "🔑" * 16_384],
    "broken": [f"a{sign}b" for sign in BROKEN],
}  # fmt: skip


def characters() -> dict[str, list[str]]:
    """Return the characters of every Unicode category, at most 600 of each."""
    found = defaultdict(list)
    for code in range(sys.maxunicode + 1):
        found[unicodedata.category(chr(code))].append(chr(code))
    chance = random.Random(1)
    return {name: signs if len(signs) <= 600 else chance.sample(signs, 600) for name, signs in found.items()}


def corpus() -> list[str]:
    """Return more than 10,000 different texts, the same in every run."""
    chance, signs = random.Random(2), characters()
    every = [sign for group in signs.values() for sign in group]
    alone = [f"a{sign}b" for sign in every]
    mixed = ["".join(chance.choices(every, k=chance.randint(1, 90))) for _ in range(3_000)]
    listed = [text for texts in CLASSES.values() for text in texts]
    return list(dict.fromkeys([*listed, *alone, *mixed, "x" * 1024 * 1024, "🔑" * 256 * 1024]))


def can_be_sent(text: str) -> bool:
    """Half of a character cannot be written as UTF-8, the form in which a browser sends it."""
    return not any(0xD800 <= ord(sign) <= 0xDFFF for sign in text)


# Where a form may lead on to, and where it must not, though it looks as if it might.
LOCAL = ["/", "/accounts/acme/api-keys/", "/accounts/acme/api-keys/?q=erp&page=2", "/admin/", "/%2f%2fe.x"]
HOSTILE = [
    "", " ", "//e.x", "///e.x", "////e.x", "/\\e.x", "\\\\e.x", "\\/e.x", "/\\/e.x", "\\/\\/e.x", "/\t/e.x",
    "\t//e.x", " //e.x", " /e.x", "/\n/e.x", "/\r/e.x", "\n//e.x", "\x01//e.x", "\x1f//e.x", "\x7f//e.x",
    "\xa0//e.x", "\u3000//e.x", "\u200b//e.x", "\ufeff//e.x", "\x00//e.x", "https:e.x", "https:/e.x", "https:///e.x",
    "https://e.x", "HTTPS://E.X", "https:\\\\e.x", "http:///e.x", "http:\\\\e.x", "http:e.x",
    "//e.x:80\\@testserver/", "//testserver@e.x/", "http://testserver@e.x/", "http://testserver:pw@e.x/",
    "http://testserver.e.x/", "http://testserver:81/", "http://testserver/", "//testserver/", "http://localhost/",
    "http://[::1]/", "//[::1", "//[e.x", "http://[e.x]/", "//e\u3002x", "//\uff45.x", "//e.x/..", "/" * 9 + "e.x",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
    "javascript://testserver/", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://e.x", "mailto:a@b.cd",
    "blob:x", "about:blank", "%2f%2fe.x", "%5c%5ce.x", "e.x", ".", "..", "../", "account_logout", "?x", "#x", "@e.x",
    "//e.x\r\nSet-Cookie: a=b", "//" + "x" * 10_000,
]  # fmt: skip
