"""A private Dovecot: a real IMAP server with TLS, password and OAuth sign-in, mail kept in Maildir."""

from __future__ import annotations

import grp
import pwd
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import trustme

from tests.support.server import Server, free_port, program

CONFIGURATION = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
info_log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain login{oauth_mechanisms}
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
{oauth_passdb}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

OAUTH_PASSDB = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.ext
}}
"""

INTROSPECTION = """\
introspection_mode = auth
introspection_url = {url}
force_introspection = yes
username_attribute = upn
active_attribute = active
active_value = true
timeout_msecs = 3000
"""


class Dovecot(Server):
    """An IMAP server.

    users: password of each mailbox by its address. introspection_url: a loopback address that answers for
    OAuth tokens with {"active": true, "upn": mailbox}; without it only passwords are taken.
    """

    name = "dovecot"
    package = "dovecot-imapd"
    account = "nobody"

    def __init__(self, users: Mapping[str, str] | None = None, introspection_url: str | None = None) -> None:
        super().__init__()
        self.plain_port = free_port()
        self.users = dict(users or {})
        self.introspection_url = introspection_url
        self.authority = self.folder / "authority.pem"

    @classmethod
    def installed(cls) -> bool:
        """Dovecot 2.4 reads another configuration language, so only 2.3 counts."""
        found = program("dovecot")
        if found is None:
            return False
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        return version.startswith("2.3")

    @property
    def url(self) -> str:
        """IMAP with TLS from the first byte; `plain_port` offers STARTTLS."""
        return f"imaps://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write certificate, users and configuration. `authority` is the file a client trusts."""
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(self.authority)
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(self.folder / "cert.pem", append=number > 0)
        self._write("users", "".join(f"{user}:{{PLAIN}}{word}::::::\n" for user, word in self.users.items()))
        if self.introspection_url is not None:
            self._write("oauth2.ext", INTROSPECTION.format(url=self.introspection_url))
        self._write("dovecot.conf", self._configuration())
        for path in (self.folder / "mail", self.folder / "state"):
            path.mkdir()
        for path in self.folder.iterdir():
            self.own(path)

    def command(self) -> list[str]:
        return [str(program("dovecot")), "-F", "-c", str(self.folder / "dovecot.conf")]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.plain_port), timeout=2) as client:
                return client.recv(64).startswith(b"* OK")
        except OSError:
            return False

    def _configuration(self) -> str:
        oauth = self.introspection_url is not None
        return CONFIGURATION.format(
            folder=self.folder,
            user=self.user,
            group=self._group(),
            port=self.port,
            plain_port=self.plain_port,
            oauth_mechanisms=" xoauth2 oauthbearer" if oauth else "",
            oauth_passdb=OAUTH_PASSDB.format(folder=self.folder) if oauth else "",
        )

    def _group(self) -> str:
        return grp.getgrgid(pwd.getpwnam(self.user).pw_gid).gr_name

    def _write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path
