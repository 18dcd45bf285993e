"""Fill an empty database with a small firm, from a process of its own: ``python -m tests.support.seeding``.

For tests whose database is not the one of the test run: the product keeps one application in a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.running import KEY, ROOT

CUSTOMER, AGENT = "mia@firma.example", "jonas@firma.example"


def seed(database_url: str, data_dir: Path) -> None:
    """Make the tables, the defaults, a customer and an agent with passwords (`tests.support.accounts.PASSWORD`)."""
    environment = {
        "PATH": os.environ["PATH"],
        "FLASK_ENV": "testing",
        "SECRET_KEY": KEY,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(data_dir),
        "SITE_URL": "http://localhost",
    }
    command = [sys.executable, "-m", "tests.support.seeding"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def main() -> None:
    """Fill the database the environment names."""
    from app import create_app
    from app.core.db import db
    from app.core.uow import loose_writes
    from tests.support.accounts import give_password
    from tests.support.world import World

    app = create_app()
    with app.app_context():
        with loose_writes():
            db.create_all()
        world = World(app)
        give_password(world.customer(email=CUSTOMER))
        give_password(world.agent(email=AGENT))


if __name__ == "__main__":
    main()
