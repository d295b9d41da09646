"""What stands outside in the tests of research: a small web, and a server of tools."""

import asyncio
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from web.stub import as_json, html, serving

PAGE = (
    "<html><head><title>Velden online</title></head><body><h1>Velden</h1>"
    "<p>The mayor of Velden is Ada Lind.</p></body></html>"
)


@contextmanager
def the_web(pages):
    """Serve a SearXNG that finds these pages, and the pages, from a thread of their own."""
    began, over = threading.Event(), None
    found = {}

    async def stand():
        nonlocal over
        over = asyncio.Event()
        async with serving(answer) as stub:
            found["stub"], found["loop"] = stub, asyncio.get_running_loop()
            began.set()
            await over.wait()

    def answer(asked):
        if asked.path == "/search":
            root = found["stub"].url
            results = [{"url": f"{root}{path}", "title": path, "content": "hint"} for path in pages]
            return as_json({"results": results})
        return html(pages.get(asked.path, ""), 200 if asked.path in pages else 404)

    thread = threading.Thread(target=asyncio.run, args=(stand(),))
    thread.start()
    began.wait(10)
    try:
        yield found["stub"]
    finally:
        found["loop"].call_soon_threadsafe(over.set)
        thread.join()


def allowing(stub):
    return {"search": [f"searxng={stub.url}"], "fetch_allow": ["127.0.0.1/32"], "fetch_http": True}


@contextmanager
def an_mcp_server():
    path = Path(__file__).with_name("mcp") / "mcp_process.py"
    process = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
    finally:
        process.kill()
        process.communicate()


OPEN = {"fetch_allow": ["127.0.0.1/32"], "fetch_http": True}
