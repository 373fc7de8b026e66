"""What a file is by its name and first bytes, and what makes it one that must not be edited."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

MAX_BYTES = 16 * 1024 * 1024

_YAML = {".yaml", ".yml"}
_JSON = {".json"}
_DOTENV = {".env", ".properties"}
_TEMPLATES = {".gotmpl", ".tpl", ".tmpl", ".j2", ".jinja", ".jinja2"}
_OTHERS = {
    ".adoc", ".bash", ".bat", ".bmp", ".c", ".cer", ".cfg", ".cjs", ".conf", ".cpp", ".crt", ".css", ".csv", ".cue",
    ".dhall", ".dockerignore", ".gif", ".gitattributes", ".gitignore", ".gitkeep", ".go", ".gpg", ".gradle", ".groovy",
    ".gz", ".h", ".hcl", ".helmignore", ".htm", ".html", ".http", ".ico", ".ini", ".ipynb", ".jar", ".java", ".jpeg",
    ".jpg", ".js", ".jsonnet", ".jsx", ".key", ".kt", ".ldif", ".libsonnet", ".lock", ".lua", ".md", ".mjs", ".mk",
    ".nix", ".patch", ".pdf", ".pem", ".php", ".pl", ".png", ".ps1", ".pub", ".puml", ".py", ".r", ".rb", ".rego",
    ".rs", ".rst", ".scala", ".sh", ".sql", ".sum", ".svg", ".swift", ".tar", ".tf", ".tfvars", ".tgz", ".toml", ".ts",
    ".tsv", ".tsx", ".ttf", ".txt", ".vim", ".woff", ".woff2", ".xml", ".zip", ".zsh",
}  # fmt: skip
_NAMES = {"dockerfile", "makefile", "license", "licence", "codeowners", "owners", "jenkinsfile", "readme", "justfile"}

_ENCRYPTED = "an encrypted value in it would no longer match its checksum"
_SOPS = f"encrypted with sops: {_ENCRYPTED}"


def format_of(path: str) -> str:
    """`yaml`, `json`, `dotenv`, `template` or `other` by the name; `""` where only the content can tell."""
    name = PurePosixPath(path).name.lower()
    suffix = PurePosixPath(name).suffix
    if suffix in _YAML:
        return "yaml"
    if suffix in _JSON:
        return "json"
    if suffix in _DOTENV or name == ".env" or name.startswith(".env."):
        return "dotenv"
    if suffix in _TEMPLATES:
        return "template"
    if suffix in _OTHERS or name in _OTHERS or name in _NAMES or name.startswith("dockerfile."):
        return "other"
    return ""


def sealed(data: bytes) -> str:
    """Why these bytes are no text to be read at all; "" when they may be."""
    if data.startswith(b"\0GITCRYPT"):
        return "encrypted with git-crypt"
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES // (1024 * 1024)} MB"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "encoded as UTF-16"
    if b"\0" in data:
        return "a binary file"
    if data.startswith(b"$ANSIBLE_VAULT;"):
        return "encrypted with Ansible Vault"
    return ""


_SOPS_BLOCK = re.compile(r"""^["']?sops["']?[ \t]*:[ \t]*\r?$""", re.MULTILINE)
_SOPS_MAC = re.compile(r"""(?:^[ \t]+["']?mac["']?[ \t]*:|"mac"[ \t]*:|^sops_mac=)""", re.MULTILINE)


def encrypted(text: str) -> str:
    """Why this text is encrypted content; "" when it is not."""
    if "ENC[AES256_GCM" in text:
        return _SOPS
    if ("sops:" in text or '"sops"' in text) and _SOPS_BLOCK.search(text) and _SOPS_MAC.search(text):
        return _SOPS
    return ""


TEMPLATE = "a template: what it renders to cannot be told from its text"
_ACTION = re.compile(r"\{\{|\{%")


def has_actions(text: str) -> bool:
    """Whether there are marks of Go or Jinja templates anywhere in the text."""
    return _ACTION.search(text) is not None
