"""One frozen record of settings, read once from flags and `GNOMON_` variables.

The command line makes a flag and a variable of every field, so a setting is written down once, here.
"""

import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

_MOST_PAUSES = 32
_LONGEST_PAUSE = timedelta(days=30)
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_ASSIGNMENT = re.compile(r"(?:[a-z0-9-]+|\*)=\S+")
_ADDRESS = re.compile(r"https?://[^\s/?#]+(?:/[^\s?#]*)?")
_MODEL = re.compile(r"[a-z][a-z0-9-]*:\S.*")
_SEARCH = re.compile(r"(?:searxng|brave|tavily|exa)=https?://[^\s/?#]+(?:/[^\s?#]*)?|brave|tavily|exa")
_LEAST_SECRET = 32
_CORES = os.cpu_count() or 1
LONGEST_WAIT = 28.0
"""Seconds that an answer may be held back: clients commonly give up after 30."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a server can be told at its start.

    Raises
    ------
    ValueError
        When a value is out of range; the text names the flag and what to give instead.
    """

    data: Annotated[Path, "Folder of the database, the blobs and the keys; made when absent."] = Path(
        "gnomon-data"
    )
    host: Annotated[str, "Address to listen on."] = "127.0.0.1"
    port: Annotated[int, "Port to listen on; 0 takes a free one."] = 8080
    no_auth: Annotated[bool, "Answer without a key. For trials: loopback addresses only."] = False
    cors_origin: Annotated[
        tuple[str, ...], "Site whose pages may call this server (https://app.example.com); repeatable."
    ] = ()
    workload: Annotated[
        tuple[str, ...], "Module with workloads of your own (WORKLOADS = ...); repeatable."
    ] = ()
    cpu_slots: Annotated[int, "CPU tasks that run at the same time, each in its own process."] = _CORES
    io_slots: Annotated[int, "IO tasks that run at the same time, all in one process."] = 100
    lease: Annotated[float, "Seconds after which a silent attempt is taken back."] = 30.0
    cancel_grace: Annotated[
        float, "Seconds a cancelled task has to give way before its process is killed."
    ] = 5.0
    sync_wait: Annotated[float, "Seconds a synchronous request waits before it gets a queued answer."] = 25.0
    max_body_mb: Annotated[float, "Largest request body in MB."] = 64.0
    max_weather_rows: Annotated[int, "Most rows of a weather record; a leap year of five minutes."] = 105_408
    rate_limit: Annotated[int, "Requests a minute that a key may make; 0 sets no limit."] = 0
    max_active: Annotated[int, "Tasks of a workspace that have not ended; 0 sets no limit."] = 0
    max_streams: Annotated[int, "Event streams that a key may have open; 0 sets no limit."] = 1000
    max_waits: Annotated[int, "Blocking waits that a key may have open; 0 sets no limit."] = 1000
    max_endpoints: Annotated[int, "Webhook endpoints of a workspace; 0 sets no limit."] = 100
    max_schedules: Annotated[int, "Schedules of a workspace; 0 sets no limit."] = 50
    schedule_spacing: Annotated[float, "Least seconds between two times of a schedule."] = 60.0
    max_workspaces: Annotated[int, "Workspaces of an organization; 0 sets no limit."] = 100
    supabase_jwks: Annotated[
        str,
        "Keys of the Supabase project whose users may sign in "
        "(https://ID.supabase.co/auth/v1/.well-known/jwks.json), or a file of them.",
    ] = ""
    supabase_issuer: Annotated[str, "Issuer that its tokens must name (https://ID.supabase.co/auth/v1)."] = ""
    supabase_audience: Annotated[str, "Audience that they must name."] = "authenticated"
    supabase_secret: Annotated[
        str, "Secret of a project that still signs by HS256; better given as the variable. None unless told."
    ] = ""
    heartbeat: Annotated[
        float,
        "Seconds of silence after which a stream says that it lives; a stuck reader is cut after three.",
    ] = 10.0
    max_stream_seconds: Annotated[float, "Longest life of an event stream; the client comes back."] = 3600.0
    keep_events: Annotated[
        float, "Days that a task's events are kept after its end; the last one stays. 0 keeps them for ever."
    ] = 0.0
    keep_deliveries: Annotated[float, "Days that webhook deliveries are kept after their end."] = 30.0
    webhook_schedule: Annotated[
        str, "Seconds before the second and each later attempt of a delivery; chance adds up to a fifth."
    ] = "5 300 1800 7200 18000 36000 50400 57600"
    webhook_timeout: Annotated[float, "Seconds that a receiver has to answer."] = 15.0
    webhook_allow: Annotated[
        tuple[str, ...],
        "Network that deliveries may go to although it is not public (10.1.0.0/16); repeatable.",
    ] = ()
    webhook_http: Annotated[bool, "Let deliveries go to http:// too, not only to https://."] = False
    webhook_concurrency: Annotated[int, "Deliveries that are on their way at the same time."] = 256
    processor: Annotated[
        tuple[str, ...],
        "Kind of task that a processor of the Parallel API runs (pro=KIND; *=KIND for all others); repeatable.",
    ] = ()
    parallel_validation: Annotated[
        Literal["strict", "lenient"],
        "Whether the Parallel API refuses a run whose particulars are wrong, or warns and leaves them out.",
    ] = "strict"
    max_hold: Annotated[float, "Longest that the Parallel API holds a result call, in seconds."] = 3600.0
    mode: Annotated[
        tuple[str, ...],
        "Kind of task that a mode of the Shannon API runs (simple=KIND; *=KIND for all others); repeatable.",
    ] = ()
    shannon_paused: Annotated[
        bool, "Let the Shannon API show paused tasks as PAUSED to clients that have not asked for it, too."
    ] = False
    documents: Annotated[
        tuple[Path, ...], "Folder of documents that research of every workspace may draw on; repeatable."
    ] = ()
    no_own_documents: Annotated[
        bool, "Leave Gnomon's own documentation out, also where there are no other documents."
    ] = False
    document_links: Annotated[
        Literal["open", "key"],
        "Whether a cited document opens for who knows its address, which cannot be guessed, or with a key.",
    ] = "open"
    document_watch: Annotated[
        Literal["auto", "poll"],
        "How changes of documents are noticed: told by the system, or by looking, for network file systems.",
    ] = "auto"
    keep_gone_documents: Annotated[
        float,
        "Days that the texts of a document are kept, for citations, once its file is gone. 0 is for ever.",
    ] = 0.0
    public_url: Annotated[
        str,
        "Address under which clients reach this server; citations begin with it. [default: http://HOST:PORT]",
    ] = ""
    semantic: Annotated[
        Literal["auto", "off"], "Whether search goes by meaning too, when gnomon[semantic] is installed."
    ] = "auto"
    model: Annotated[
        str, "Model that research asks (openai:NAME, anthropic:NAME, local:NAME-OR-FILE); none unless told."
    ] = ""
    model_url: Annotated[str, "OpenAI-compatible server that has the model (http://127.0.0.1:11434/v1)."] = ""
    model_concurrency: Annotated[int, "Calls of a model that are on their way at the same time."] = 4
    model_window: Annotated[int, "Tokens that the model can take in; 0 asks the model or assumes little."] = 0
    model_timeout: Annotated[float, "Seconds that one call of the model may take; 0 leaves it to Gnomon."] = (
        0.0
    )
    model_threads: Annotated[int, "Threads of a local model; 0 leaves one core to others."] = 0
    model_fallback: Annotated[
        Literal["none", "extractive"],
        "What research does when the model does not answer: fail, or read the documents without it and say so.",
    ] = "none"
    search: Annotated[
        tuple[str, ...], "Web search for research: searxng=URL, brave, tavily or exa; repeatable."
    ] = ()
    fetch_allow: Annotated[
        tuple[str, ...],
        "Network that research may read from although it is not public (10.1.0.0/16); repeatable.",
    ] = ()
    fetch_http: Annotated[bool, "Let research read http:// pages too, not only https://."] = False
    max_cost: Annotated[float, "Most US dollars that a research task may spend; 0 sets no limit."] = 0.0
    skills: Annotated[
        tuple[Path, ...],
        "Folder of skills (NAME.md, NAME/SKILL.md) that tasks of the Shannon API may ask for; repeatable.",
    ] = ()
    pvgis_url: Annotated[str, "Address of PVGIS, whose weather is asked for without a key."] = (
        "https://re.jrc.ec.europa.eu/api/v5_3"
    )
    nsrdb_url: Annotated[str, "Address of NSRDB; its key is read from NSRDB_API_KEY."] = (
        "https://developer.nlr.gov/api/nsrdb/v2/solar"
    )
    nsrdb_email: Annotated[str, "E-mail address that NSRDB wants with its key."] = ""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], "How much to log."] = "info"

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"--{name.replace('_', '-')} must be between {low:g} and {high:g}.")
        read_pauses(self.webhook_schedule)
        read_networks(self.webhook_allow)
        read_networks(self.fetch_allow, "--fetch-allow")
        _require_address(self.public_url, "--public-url", "https://gnomon.example.com")
        _require_address(self.model_url, "--model-url", "http://127.0.0.1:11434/v1")
        _require_address(self.pvgis_url, "--pvgis-url", "https://re.jrc.ec.europa.eu/api/v5_3")
        _require_address(self.nsrdb_url, "--nsrdb-url", "https://developer.nlr.gov/api/nsrdb/v2/solar")
        if 0 < len(self.supabase_secret.encode()) < _LEAST_SECRET:
            raise ValueError(f"--supabase-secret must have {_LEAST_SECRET} bytes at least.")
        _require_model(self.model, self.model_url)
        _require_searches(self.search)
        _require_origins(self.cors_origin)
        _require_assignments(self.processor, "--processor must be a processor", "pro=research")
        _require_assignments(self.mode, "--mode must be a mode", "simple=research")
        if self.no_auth and not is_loopback(self.host):
            raise ValueError(
                f"--no-auth would open this server to everyone who reaches {self.host}. "
                "Use it with --host 127.0.0.1, or leave it out and use the keys in keys.json."
            )


_RANGES = (
    ("port", 0, 65535),
    ("cpu_slots", 1, 1024),
    ("io_slots", 1, 100_000),
    ("lease", 1, 3600),
    ("cancel_grace", 0.1, 600),
    ("sync_wait", 0, LONGEST_WAIT),
    ("max_body_mb", 0.01, 1024),
    ("max_weather_rows", 8760, 10_000_000),
    ("rate_limit", 0, 10_000_000),
    ("webhook_timeout", 1, 60),
    ("webhook_concurrency", 1, 10_000),
    ("max_active", 0, 1_000_000_000),
    ("max_streams", 0, 1_000_000),
    ("max_waits", 0, 1_000_000),
    ("max_endpoints", 0, 1_000_000),
    ("max_schedules", 0, 1_000_000),
    ("max_workspaces", 0, 1_000_000),
    ("schedule_spacing", 60, 31_622_400),
    ("heartbeat", 0.1, 60),
    ("max_stream_seconds", 1, 86_400),
    ("max_hold", 0, 86_400),
    ("model_concurrency", 1, 1000),
    ("model_window", 0, 100_000_000),
    ("model_timeout", 0, 86_400),
    ("model_threads", 0, 1024),
    ("max_cost", 0, 1_000_000),
    ("keep_events", 0, 36_500),
    ("keep_deliveries", 0.01, 36_500),
    ("keep_gone_documents", 0, 36_500),
)


def read_pauses(text: str) -> tuple[timedelta, ...]:
    """Read the pauses between attempts; raises `ValueError`. Nothing means that nothing is tried again."""
    words = text.split()
    try:
        pauses = tuple(timedelta(seconds=float(word)) for word in words)
    except (ValueError, OverflowError):
        pauses = (timedelta(-1),)
    if len(words) > _MOST_PAUSES or not all(timedelta(0) <= pause <= _LONGEST_PAUSE for pause in pauses):
        raise ValueError(
            f"--webhook-schedule must be up to {_MOST_PAUSES} numbers of seconds with spaces between, "
            f"none above {_LONGEST_PAUSE / timedelta(seconds=1):.0f} ({_LONGEST_PAUSE.days} days)."
        )
    return pauses


def read_networks(
    texts: Iterable[str], flag: str = "--webhook-allow"
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Read networks, also by an address in them (127.0.0.1/8); raises `ValueError`."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ValueError(
            f"{flag} must be a network such as 127.0.0.0/8 (this machine), 10.1.0.0/16 or fd00::/8: {error}."
        ) from error


def _require_origins(texts: Iterable[str]) -> None:
    for text in texts:
        if not _ORIGIN.fullmatch(text):
            raise ValueError(
                f"--cors-origin must be a site as browsers name it, such as https://app.example.com or "
                f"http://localhost:5173, in small letters and without a path: {text!r} is none."
            )


def _require_assignments(texts: Iterable[str], told: str, example: str) -> None:
    for text in texts:
        if not _ASSIGNMENT.fullmatch(text):
            raise ValueError(
                f"{told} and the kind of task that it runs, such as {example} or *=research: {text!r} is none."
            )


def _require_address(text: str, flag: str, example: str) -> None:
    if text and not _ADDRESS.fullmatch(text):
        raise ValueError(f"{flag} must be an address such as {example}, without ? and #: {text!r} is none.")


def _require_model(model: str, url: str) -> None:
    if any(letter.isspace() for letter in model) and not model.startswith("local:"):
        raise ValueError(f"--model must be one name without spaces: {model!r} is none.")
    if model and not url and not _MODEL.fullmatch(model):
        raise ValueError(
            f"--model must say whose model it is, such as openai:gpt-5-mini, anthropic:claude-sonnet-4-5 or "
            f"local:/path/to/model.gguf; {model!r} alone needs --model-url."
        )


def _require_searches(texts: Iterable[str]) -> None:
    for text in texts:
        if not _SEARCH.fullmatch(text):
            raise ValueError(
                f"--search must be searxng=URL (such as searxng=http://127.0.0.1:8888), brave, tavily or exa: "
                f"{text!r} is none."
            )
        address = text.partition("=")[2]
        if address and not _is_port_asked(address):
            raise ValueError(
                f"--search: research asks servers at port 80, 443, or one from 1024 to 65535, which that of {text!r} "
                "is not. Let the search provider listen at another, such as searxng=http://127.0.0.1:8888."
            )


def _is_port_asked(address: str) -> bool:
    """Say whether the gate to the network lets requests to the address's port pass."""
    try:
        port = urlsplit(address).port
    except ValueError:
        return False
    return port is None or port in (80, 443) or port >= 1024


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
