"""A repository that means harm: each hostile text in every place that git has for one, and programs that say it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import corpus
from fleets import Fleet, files, overlay

PLACES = (
    "the name of an app",
    "the name of a file",
    "the name of a branch",
    "the name of a tag",
    "the author of a commit",
    "the address of an author",
    "the subject of a commit",
    "the body of a commit",
    "the trailers of a commit",
    "a key of YAML",
    "a value of YAML",
    "a comment of YAML",
    "a version",
    "a value of dotenv",
    "a file that is no YAML",
    "liftlock.toml",
    "standard error of a hook",
    "standard error of the remote's hook",
    "the address of the remote",
)


def folder_name(text: str) -> str:
    """The text as a folder can be named; bytes that are no UTF-8 stay so."""
    return text.replace("/", "∕").replace("\0", "")[:120].rstrip("\\ ") or "x"


def branch_name(text: str) -> str:
    """The text as far as git takes it for a branch: it forbids controls, and knows nothing of what is invisible."""
    return "".join(c for c in text if c.isalnum() or (ord(c) >= 0x80 and not _half(c)))[:80] or "x"


def scalar(text: str) -> str:
    """The text as a double-quoted scalar of YAML, or a basic string of TOML."""
    return '"' + "".join("\\uFFFD" if _half(c) else f"\\U{ord(c):08X}" for c in text) + '"'


def raw(text: str, *, yaml: bool = False) -> str:
    """The text on one line; for `yaml` without what no comment of it may hold."""
    line = text.replace("\n", " ").replace("\r", " ").replace("\u2028", " ").replace("\u2029", " ")
    return "".join(c for c in line if not yaml or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0 and not _half(c)))


def _half(character: str) -> bool:
    return 0xD800 <= ord(character) < 0xE000


def build(folder: Path) -> Fleet:
    """A clone with a remote; two environments of it are apart by every text."""
    subprocess.run(["git", "init", "-q", "--bare", folder / "origin.git"], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", folder / "clone"], check=True)
    fleet = Fleet(folder / "clone")
    fleet.commit(files(), "start")
    tip = fleet.git("rev-parse", "HEAD")
    stream: list[bytes] = []
    for number, text in enumerate(corpus.TEXTS.values()):
        new: dict[str, bytes] = {}
        for tag, environment in ((f"2.{number}.0", "dev"), (f"1.{number}.0", "staging")):
            place = f"envs/{environment}/{folder_name(text)}"
            body = overlay(f"app{number}", environment, tag)
            body += (
                f"commonAnnotations:\n  {scalar(text[:900] + tag)}: {scalar(text + tag)}  # {raw(text, yaml=True)}\n"
            )
            new[f"{place}/kustomization.yaml"] = body.encode("utf-8", "surrogateescape")
            new[f"{place}/{folder_name(text)[:60]}.env"] = f"LEVEL={raw(text)}{tag}\n".encode(
                "utf-8", "surrogateescape"
            )
        new[f"envs/dev/broken{number}/kustomization.yaml"] = f"{scalar(text)}: [\n # {raw(text)}\n".encode(
            "utf-8", "surrogateescape"
        )
        if number % 8 == 0:
            new["envs/dev/api/kustomization.yaml"] = (
                overlay("api", "dev", f"v{number}")
                .replace(f'"v{number}"', scalar(f"v{text[:200]}"))
                .encode("utf-8", "surrogateescape")
            )
        stream.append(_commit(number, text, new, tip if number == 0 else ""))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=fleet.path, input=b"".join(stream), check=True)
    fleet.git("reset", "-q", "--hard", "main")
    fleet.commit({"liftlock.toml": settings()}, "settings")
    fleet.git("remote", "add", "origin", str(folder / "origin.git"))
    fleet.git("push", "-q", "-u", "origin", "main")
    fleet.git("remote", "set-head", "origin", "main")
    for number, text in enumerate(corpus.TEXTS.values()):
        fleet.git("branch", "-f", f"b{number}{branch_name(text)}", ok=False)
        fleet.git("tag", "-f", f"t{number}{branch_name(text)}", ok=False)
    return fleet


def settings() -> str:
    """A liftlock.toml whose every text is hostile."""
    whole = scalar("".join(corpus.MARKUP).replace("{", "(").replace("}", ")").replace("\\", ""))
    few = scalar("[red]7777")  # a name with anything worse is refused
    made = ['[[environment]]\nname = "dev"\n', '[[environment]]\nname = "staging"\nafter = ["dev"]\n']
    made.append(f"[[environment]]\nname = {few}\npaths = ['envs/production-eu/{{app}}']\nafter = ['staging']\n")
    made.append(f"[[environment.target]]\ncontext = {few}\nlabel = {few}\n")
    made.append(f"[[window]]\nkind = 'deny'\nreason = {whole}\nenvironments = [{few}]\n")
    made.append(f"[[never]]\npath = 'namespace'\nreason = {whole}\n")
    made.append(f"[[rule]]\npath = 'images.*.newTag'\nclass = 'version'\nreason = {whole}\n")
    return "\n".join(made)


def _commit(number: int, text: str, new: dict[str, bytes], parent: str) -> bytes:
    """One commit for `git fast-import`, by an author of this name."""
    who = text.replace("\n", " ").replace("<", "").replace(">", "").replace("\0", "")
    author = f"Mallory {who} <m{branch_name(text)[:30]}@evil.example> {1760000000 + number} +0000".encode(
        "utf-8", "surrogateescape"
    )
    message = (
        f"promote(staging): {raw(text)}\n\nbody {text}\n\nPromotion-From: dev\nPromotion-To: staging\n"
        f"Promotion-App: {raw(text)[:200]}\nPromotion-Reason: {raw(text)[:200]}\n"
    ).encode("utf-8", "surrogateescape")
    out = b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (author, author, len(message), message)
    if parent:
        out += b"from %s\n" % parent.encode()
    for path, data in new.items():
        quoted = '"' + "".join(_octal(byte) for byte in path.encode("utf-8", "surrogateescape")) + '"'
        out += b"M 100644 inline %s\ndata %d\n%s\n" % (quoted.encode(), len(data), data)
    return out


def _octal(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}"


def hook(place: Path, name: str, code: int = 1) -> None:
    """A hook that says every text and refuses."""
    said = place / f"{name}.said"
    said.write_bytes("\n".join(corpus.TEXTS.values()).encode("utf-8", "surrogateescape"))
    script = place / name
    script.write_text(f'#!/bin/sh\ncat "{said}" >&2\nexit {code}\n')
    script.chmod(0o755)
