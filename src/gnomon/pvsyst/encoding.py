"""Bytes of PVsyst's text files, of every age and encoding, to text."""

import codecs

from gnomon.pvsyst.tree import PvsystError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"P\0V\0", "utf-16-le"), (b"\0P\0V", "utf-16-be"))
# The five bytes that cp1252 leaves open stay what they are in Latin-1: a name in another code page is no error.
_CP1252 = {
    code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", errors="ignore"))
}


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8, UTF-16, or the Windows code page of PVsyst before 6.80.

    Raises
    ------
    PvsystError
        If the bytes are binary, or are not what their byte order mark says.
    """
    text = _decoded(content).rstrip("\0\x1a")
    if "\0" in text:
        raise PvsystError(
            "this is a binary file, as PVsyst wrote before 6.40; open it in a newer PVsyst, save it, and upload that"
        )
    return text


def _decoded(content: bytes) -> str:
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], codec)
    for start, codec in _UNMARKED:
        if content.startswith(start):
            return _strictly(content, codec)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").translate(_CP1252)


def _strictly(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise PvsystError(
            f"the file is marked as {codec.upper()} and is not, at byte {error.start}; save it again in PVsyst"
        ) from error
