"""Reading a file into nodes. Nothing that a file can hold makes this raise: what is wrong stands in the result."""

from __future__ import annotations

import posixpath
import re

from liftlock.errors import EditError, Problem
from liftlock.text import printable
from liftlock.yamledit.dotenv import read_dotenv
from liftlock.yamledit.nodes import Mapping, Sequence, Source, value_of
from liftlock.yamledit.yaml_reader import Unreadable, read_yaml

# Larger files are shown by their size only: reading them leaf by leaf would take seconds.
SIZE_LIMIT = 8 * 1024 * 1024

_TEMPLATE_NAMES = (".gotmpl", ".tpl", ".tmpl", ".j2", ".jinja", ".jinja2", ".erb")
_SOPS = re.compile(r'^(?:sops:|\s*"sops"\s*:)', re.MULTILINE)
_SOPS_VALUE = "ENC[AES256_GCM,"
_DATA_NAMES = (".yaml", ".yml", ".json")


def read(data: bytes, path: str) -> Source:
    """The file with its documents, or with the reason why there are none to see or none to edit."""
    name = posixpath.basename(path)
    if data.startswith(b"\0GITCRYPT\0"):
        return _closed(data, path, "encrypted by git-crypt")
    if b"\0" in data[:8000]:
        return _closed(data, path, "a binary file")
    if len(data) > SIZE_LIMIT:
        return _closed(data, path, f"larger than {SIZE_LIMIT // 1024 // 1024} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _closed(data, path, "not UTF-8")
    bom = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    if name.endswith(_TEMPLATE_NAMES):
        return _closed(data, path, "a template", text)
    if _SOPS_VALUE in text or (_SOPS.search(text) and "mac" in text):
        return _closed(data, path, "encrypted by sops", text)
    if name.endswith(".env") or name.startswith(".env"):
        return Source(path, data, text, "dotenv", read_dotenv(text), bom=bom)
    return _structured(data, path, text, bom)


def _structured(data: bytes, path: str, text: str, bom: bool) -> Source:
    form = "json" if path.endswith(".json") else "yaml"
    known = path.endswith(_DATA_NAMES)
    try:
        documents = read_yaml(text)
        for document in documents:
            value_of(document.root)
    except Unreadable as error:
        if "{{" in text or "{%" in text:
            return _closed(data, path, "a template", text)
        if not known:
            return _closed(data, path, "not YAML, JSON or dotenv", text)
        place = printable(f"{path}:{error.line}" if error.line else path)
        return Source(
            path,
            data,
            text,
            form,
            read_only=f"{'JSON' if form == 'json' else 'YAML'} that cannot be read: {printable(str(error))}",
            problem=Problem(
                place, f"cannot be read: {printable(str(error))}", "mend the file; all others go on working"
            ),
        )
    except (EditError, RecursionError):
        place = printable(path)
        said = "nested or repeated without end"
        return Source(path, data, text, form, read_only=said, problem=Problem(place, said, "the file is left out"))
    if not known and not any(isinstance(d.root, Mapping | Sequence) for d in documents):
        return _closed(data, path, "not YAML, JSON or dotenv", text)
    return Source(path, data, text, form, documents, bom=bom)


def _closed(data: bytes, path: str, reason: str, text: str = "") -> Source:
    return Source(path, data, text, "other", read_only=reason)
