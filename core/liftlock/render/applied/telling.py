"""What is to be said of a chart that is rendered away from its cluster."""

from __future__ import annotations

import re
from pathlib import Path

_ASKS = re.compile(rb"\.Capabilities\.(?:APIVersions|KubeVersion)")
_LOOKS = re.compile(rb"\{\{[^}]*\(?\s*lookup\s+\(?[\"\w.$]")
_RANDOM = re.compile(
    rb"\{\{[^}]*\b(?:rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|uuidv4|genCA|genSelfSignedCert|genSignedCert"
    rb"|genPrivateKey|now|htpasswd|bcrypt)\b"
)
_LARGEST = 2_000_000


def of_charts(folder: Path) -> tuple[str, ...]:
    """Sentences on what the templates below a folder ask for that is not here, or make anew each time."""
    notes: dict[str, None] = {}
    for path in sorted(folder.rglob("templates/**/*")):
        if not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST:
            continue
        data = path.read_bytes()
        if _ASKS.search(data):
            notes["the chart asks what the cluster can do; helm answers with what it knows itself"] = None
        if _LOOKS.search(data):
            notes["the chart looks objects up in the cluster; it is rendered as if there were none"] = None
        if _RANDOM.search(data):
            notes["the chart makes values up (random ones, certificates, times): they differ each time"] = None
    return tuple(notes)
