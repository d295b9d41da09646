"""Files in multipart bodies: bounded in number and size, their names never used as paths."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from gnomon.core.errors import Complaint, Invalid
from gnomon.web.problems import UnsupportedMedia

_LONGEST_NAME = 255
_MOST_FILES = 64
_MOST_OF_MANY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came with a request."""

    filename: str
    content: bytes


async def read_file(request: Request, part: str) -> Upload:
    """Read the one file of that name.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When there is no such file, or several.
    """
    _refuse_no_form(request)
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        files = [value for value in form.getlist(part) if isinstance(value, UploadFile)]
        if len(files) != 1:
            raise Invalid([Complaint((part,), f"Send one file in the part '{part}'.", "missing")])
        return Upload(filename=_plain(files[0].filename or part), content=await files[0].read())


async def read_files(request: Request, parts: Sequence[str]) -> list[Upload]:
    """Read all files of those names, in their order.

    Raises
    ------
    UnsupportedMedia
        When the body is no form.
    Invalid
        When there is none.
    """
    _refuse_no_form(request)
    async with request.form(max_files=_MOST_OF_MANY, max_fields=_MOST_FILES) as form:
        files = [
            value for part, value in form.multi_items() if part in parts and isinstance(value, UploadFile)
        ]
        if not files:
            message = f"Send the files in the part '{parts[0]}', which may be repeated."
            raise Invalid([Complaint((parts[0],), message, "missing")])
        return [
            Upload(filename=_plain(file.filename or parts[0]), content=await file.read()) for file in files
        ]


def _refuse_no_form(request: Request) -> None:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMedia("Send the file in a multipart form ('Content-Type: multipart/form-data').")


def _plain(filename: str) -> str:
    last = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable() and not "\ud800" <= letter <= "\udfff")
    return kept[:_LONGEST_NAME] or "file"
