"""What each room may import from outside: import-linter can only forbid by name, this allows by name."""

import sys
from collections.abc import Iterator

import grimp

# The longest prefix wins. The standard library is free to all, except what NOT_FREE names.
MAY: dict[str, set[str]] = {
    "gnomon": set(),
    "gnomon.settings": {"urllib"},
    "gnomon.cli": {"click"},
    "gnomon.cli.serve": {"click", "signal", "socket", "uvicorn", "uvloop"},
    "gnomon.cli.answer": {"rich"},
    "gnomon.cli.ask": {"click", "rich", "signal"},
    "gnomon.cli.documents": {"click", "rich"},
    "gnomon.cli.import_pvsyst": {"click", "rich"},
    "gnomon.cli.starter": {"click", "subprocess"},
    "gnomon.cli.demo": {"click", "httpx", "importlib", "pvlib", "rich", "signal", "subprocess"},
    "gnomon.wiring": {"importlib", "jsonschema", "referencing"},
    "gnomon.wiring.probe": {"urllib"},
    "gnomon.web": {
        "fastapi",
        "http",
        "jwt",
        "numpy",
        "orjson",
        "pydantic",
        "pydantic_core",
        "starlette",
        "uvicorn",
    },
    "gnomon.web.dialects.parallel.wire.matching": {"jsonschema", "referencing"},
    "gnomon.web.native.routes.queue": {"fastapi", "importlib"},
    "gnomon.web.lobby": {"importlib", "starlette"},
    "gnomon.web.dialects.shannon.render.answer": {"urllib"},
    "gnomon.web.abort": {"socket", "starlette", "uvicorn"},
    "gnomon.web.app": {"starlette", "urllib"},
    "gnomon.web.auth": {"fastapi", "jwt", "starlette", "urllib"},
    "gnomon.web.sign_in": {"cryptography", "jwt"},
    "gnomon.engine": {"multiprocessing", "signal", "socket", "subprocess"},
    "gnomon.engine.calendar": {"cronsim"},
    "gnomon.engine.child": {"importlib", "signal", "socket"},
    "gnomon.store": {"sqlite3"},
    "gnomon.store.vault": {"cryptography"},
    "gnomon.store.migrations": {"alembic", "sqlalchemy", "sqlite3"},
    "gnomon.workloads": {"numpy", "pydantic"},
    "gnomon.workloads.energy_model.place": {"h5py", "importlib", "tzfpy"},
    "gnomon.outbound": {"httpcore", "idna"},
    "gnomon.outbound.gate": {"httpcore", "ssl"},
    "gnomon.outbound.line": {"httpcore", "ssl"},
    "gnomon.outbound.resolve": {"socket"},
    "gnomon.outbound.transport": {"httpx2"},
    "gnomon.outbound.visit": {"urllib"},
    "gnomon.delivery": set(),
    "gnomon.delivery.office": {"importlib", "urllib"},
    "gnomon.pv": {"numpy"},
    "gnomon.reading": {
        "docx",
        "lxml",
        "markdown_it",
        "pypdf",
        "selectolax",
        "trafilatura",
    },
    "gnomon.reading.embedding": {"importlib", "numpy", "onnxruntime", "tokenizers"},
    "gnomon.library": {"sqlite3", "numpy"},
    "gnomon.library.client": set(),
    "gnomon.library.keeper": {"importlib", "signal", "socket", "subprocess", "watchfiles"},
    "gnomon.workloads.research": {"pydantic", "jsonschema", "referencing"},
    "gnomon.workloads.research.models": {"jsonschema", "referencing"},
    "gnomon.workloads.research.models.direct": {"httpx2", "pydantic_ai", "socket"},
    "gnomon.workloads.research.models.gguf_server": {"urllib", "xllamacpp"},
    "gnomon.workloads.research.models.local": {"httpx2", "pydantic_ai"},
    "gnomon.workloads.research.models.client": {"importlib"},
    "gnomon.workloads.research.models.prices": {"genai_prices"},
    "gnomon.workloads.research.mcp.conversation": {"httpx2", "importlib", "mcp", "mcp_types"},
    "gnomon.workloads.research.mcp.toolbox": {"mcp_types"},
    "gnomon.workloads.research.web": {"urllib"},
    "gnomon.workloads.research.web.parser": {"signal"},
    "gnomon.workloads.research.web.reach": {"importlib"},
    "gnomon.workloads.research.models.providers": {"httpx2", "openai", "pydantic_ai", "urllib"},
    "gnomon.workloads.research.models.pull": {"importlib", "subprocess"},
    "gnomon.workloads.research.models.resident": {"subprocess"},
    "gnomon.workloads.weather_fetch.forms": {"pvlib"},
    "gnomon.workloads.weather_fetch.provider": {"urllib"},
    "gnomon.cli.weather": {"click", "httpx", "rich"},
    "gnomon.core.workload": {"importlib"},
}
NOT_FREE = {
    *("sqlite3", "socket", "ssl", "urllib", "http", "ftplib", "smtplib", "subprocess"),
    *("multiprocessing", "signal", "importlib", "pickle", "shelve"),
}


def offences(package: str = "gnomon") -> Iterator[str]:
    """Yield every import from outside that the importing room was not allowed."""
    graph = grimp.build_graph(package, include_external_packages=True, cache_dir=None)
    for module in sorted(m for m in graph.modules if m.split(".")[0] == package):
        room = max((r for r in MAY if module == r or module.startswith(r + ".")), key=len)
        for imported in graph.find_modules_directly_imported_by(module):
            top = imported.split(".")[0]
            if top == package or top in MAY[room]:
                continue
            if top in sys.stdlib_module_names and top not in NOT_FREE:
                continue
            yield f"{module} -> {top}"


def test_rooms_import_only_what_they_may() -> None:
    assert not list(offences())
