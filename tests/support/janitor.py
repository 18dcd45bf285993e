"""Waits until the last test process of a run is gone, then ends its servers and removes their data.

Started by `household.join`. Standard input is the reading end of a named pipe that every test process of the
run keeps open for writing: the system itself counts them, and a killed process counts as gone.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
from pathlib import Path

from tests.support.household import locked
from tests.support.process import Process


def sweep(root: Path) -> None:
    """End every server recorded under the folder and remove the folder."""
    for record in root.glob("*/process"):
        process = Process.read(record)
        if process is not None:
            process.kill_family()
    shutil.rmtree(root, ignore_errors=True)


def main(root: Path) -> None:
    """Sleep until nobody holds the pipe, look again under the lock that newcomers take, then sweep."""
    Process.of(os.getpid()).write(root / "janitor")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever started it waits for this
    lifeline = select.poll()
    lifeline.register(sys.stdin, select.POLLIN)
    while True:
        lifeline.poll()
        with locked(root):
            if lifeline.poll(0):
                sweep(root)
                return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
