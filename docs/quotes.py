"""Put functions and files of the examples into the pages that quote them.

    python docs/quotes.py

A page says `<!-- from examples/tour/patterns.py: blocking result_of -->` above a block of Python, and
`<!-- from examples/browser/follow.js -->` above one of JavaScript. The tests fail when what stands in the block is
not what stands in the file.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("delivery-patterns.md",)
_BLOCK = re.compile(r"<!-- from (\S+): ([\w ]+) -->\n```python\n.*?```", re.DOTALL)
_FILE = re.compile(r"<!-- from (\S+\.js) -->\n```javascript\n.*?```", re.DOTALL)


def quoted(page: str) -> str:
    """Return a page's text with the present code in it."""
    return _FILE.sub(_quote_file, _BLOCK.sub(_quote, page))


def _quote_file(found: "re.Match[str]") -> str:
    return f"<!-- from {found[1]} -->\n```javascript\n{(ROOT / found[1]).read_text()}```"


def _quote(found: "re.Match[str]") -> str:
    file, names = found[1], found[2].split()
    code = "\n\n\n".join(source(ROOT / file, name) for name in names)
    return f"<!-- from {file}: {found[2]} -->\n```python\n{code}\n```"


def source(file: Path, name: str) -> str:
    """Return a function or a class as it stands in a file.

    Raises
    ------
    KeyError
        When the file has none of that name.
    """
    text = file.read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_source_segment(text, node) or ""
    raise KeyError(f"{file} has no {name}.")


def main() -> None:
    """Write the pages."""
    for name in PAGES:
        page = ROOT / "docs" / name
        page.write_text(quoted(page.read_text()))


if __name__ == "__main__":
    main()
