"""Files in multipart bodies: bounded in number and size, their names never used as paths."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from gnomon.core.errors import Complaint, Invalid
from gnomon.web.problems import UnsupportedMedia

_LONGEST_NAME = 255
_MOST_FILES = 64
_MOST_OF_MANY = 1000
_MULTIPART = "multipart/form-data"
_FORMS = (_MULTIPART, "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came with a request."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A file and the text fields beside it."""

    upload: Upload
    fields: Mapping[str, str]


async def read_file(request: Request, part: str) -> Upload:
    """Read the one file of that name.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When there is no such file, or several.
    """
    async with _multipart(request) as form:
        return await _file(form, part)


async def read_form(request: Request, part: str) -> Form:
    """Read the one file of that name and the text fields.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When there is no such file, or several, or a field is given twice or as a file.
    """
    async with _multipart(request) as form:
        fields = _fields(form, besides=part)
        return Form(upload=await _file(form, part), fields=fields)


async def read_fields(request: Request) -> Mapping[str, str]:
    """Read the text fields of a form of either media type.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When a field is given twice or as a file.
    """
    given = request.headers.get("content-type", "").lower()
    if not given.startswith(_FORMS):
        raise UnsupportedMedia(
            "Send the fields as a form ('Content-Type: application/x-www-form-urlencoded')."
        )
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        return _fields(form)


def _multipart(request: Request, most: int = _MOST_FILES) -> AbstractAsyncContextManager[FormData]:
    if not request.headers.get("content-type", "").lower().startswith(_MULTIPART):
        raise UnsupportedMedia("Send the file in a multipart form ('Content-Type: multipart/form-data').")
    return request.form(max_files=most, max_fields=_MOST_FILES)


async def _file(form: FormData, part: str) -> Upload:
    files = [value for value in form.getlist(part) if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise Invalid([Complaint((part,), f"Send one file in the part '{part}'.", "missing")])
    return Upload(filename=_plain(files[0].filename or part), content=await files[0].read())


def _fields(form: FormData, *, besides: str | None = None) -> dict[str, str]:
    fields = {name: value for name, value in form.items() if name != besides and isinstance(value, str)}
    for name in {name for name, _ in form.multi_items() if name != besides}:
        if name not in fields or len(form.getlist(name)) > 1:
            raise Invalid([Complaint((name,), f"Send '{name}' once, as text.", "conflict")])
    return fields


async def read_files(request: Request, parts: Sequence[str]) -> list[Upload]:
    """Read all files of those names, in their order.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When there is none.
    """
    async with _multipart(request, _MOST_OF_MANY) as form:
        files = [
            value for part, value in form.multi_items() if part in parts and isinstance(value, UploadFile)
        ]
        if not files:
            message = f"Send the files in the part '{parts[0]}', which may be repeated."
            raise Invalid([Complaint((parts[0],), message, "missing")])
        return [
            Upload(filename=_plain(file.filename or parts[0]), content=await file.read()) for file in files
        ]


def _plain(filename: str) -> str:
    last = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable() and not "\ud800" <= letter <= "\udfff")
    return kept[:_LONGEST_NAME] or "file"
