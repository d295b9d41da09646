"""The page on which a scene is looked at in three dimensions: one file that loads nothing from anywhere."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Final

_HERE = Path(__file__).parent
_SCRIPTS = ("space.js", "paint.js", "drive.js")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_STYLE: Final = _read("page.css")
_SCRIPT: Final = '"use strict";\n(() => {\n' + "\n".join(map(_read, _SCRIPTS)) + "})();\n"
PAGE: Final = _read("page.html").replace("/*style*/", _STYLE).replace("/*script*/", _SCRIPT)
HEADERS: Final = {
    # The page holds a credential in its memory: nothing but its own text may run in it, and it talks to us alone.
    "Content-Security-Policy": f"default-src 'none'; script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-cache",
}
