"""Web server settings for `gunicorn -c deploy/gunicorn.conf.py "app:create_app()"`.

PORT: port on loopback (8000); containers pass their own --bind. WEB_CONCURRENCY: processes (1).
WEB_THREADS: threads of each process (16); a chat or live view that is open keeps one busy.
"""

import os
from pathlib import Path

from dotenv import load_dotenv

load_dotenv(Path(__file__).resolve().parent.parent / ".env")

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "16"))
graceful_timeout = 5
keepalive = 5
control_socket_disable = True

# The application writes its own request log as JSON.
accesslog = None
errorlog = "-"

# Who asked, and whether by https, the application works out from TRUSTED_PROXIES; here nobody is believed.
forwarded_allow_ips = ""

# The heartbeat file of a process must not wait for a busy disk.
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108
