"""Named points where tests may break the process; does nothing outside tests."""

import os
import signal
import time

_PLAN = os.environ.get("HD_FAULT", "")
if _PLAN and os.environ.get("FLASK_ENV") == "production":
    raise SystemExit("helpdesk: HD_FAULT is refused in production")


class Planted(RuntimeError):
    """The exception raised at a fault point on demand."""


def point(name: str) -> None:
    """Break here when ``HD_FAULT`` says ``name:kill9``, ``name:raise`` or ``name:sleep``."""
    if not _PLAN or not _PLAN.startswith(f"{name}:"):
        return
    how = _PLAN.rsplit(":", 1)[1]
    if how == "kill9":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "sleep":
        time.sleep(3600)
    if how == "raise":
        raise Planted(name)
