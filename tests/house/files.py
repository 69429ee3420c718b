"""The files of this project, as git knows them or would."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("rules/", "integrations/", "service/")
TEXTS = (
    ".py", ".yaml", ".yml", ".md", ".toml", ".html", ".css", ".js", ".gs", ".json", ".csv", ".txt", ".cfg", ".ini",
    ".sh", ".lock", "",
)  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    """Paths from the root, without what git ignores. Without git: all but hidden folders and what is built."""
    try:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        listed = [
            path.as_posix() for path in found if not any(part[0] == "." or part == "build" for part in path.parts)
        ]
    return tuple(sorted(name for name in listed if (ROOT / name).is_file() and "__pycache__" not in name))


def texts(*ends: str, within: tuple[str, ...] = ()) -> dict[str, str]:
    """Path to content of the text files with these endings (all text files without any), in these folders."""
    chosen = (
        name for name in names()
        if name.endswith(ends or ()) or (not ends and Path(name).suffix in TEXTS)
        if not within or name.startswith(within)
    )  # fmt: skip
    return {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in chosen}
