"""A copy of the project as a fresh checkout would be, with the packages of this test run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {
    ".git",
    ".venv",
    "instance",
    "logs",
    "backups",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}


def checkout(place: Path) -> Path:
    """Copy the project's files to a folder; returns it."""
    shutil.copytree(ROOT, place, ignore=lambda _folder, names: LEFT_OUT & set(names))
    (place / ".env").unlink(missing_ok=True)
    return place


def with_packages(place: Path) -> None:
    """Give the copy a virtual environment that has this run's packages, so that nothing is fetched."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / ".venv"], check=True)
    site = next((place / ".venv").glob("lib/python*/site-packages"))
    ours = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "of-this-run.pth").write_text(ours + "\n", encoding="utf-8")
    stamp = hashlib.sha256((place / "requirements.txt").read_bytes()).hexdigest() + "  -"
    (place / ".venv" / ".installed-requirements.txt").write_text(stamp, encoding="utf-8")


def clean_environment(**values: str) -> dict[str, str]:
    """The environment of somebody who has just come: paths and language, nothing of the test run."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | values
