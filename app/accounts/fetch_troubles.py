"""What keeps a run over the directory from its end, in words: what is wrong, and what helps."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import Lazy, lazy_gettext


@dataclass(frozen=True, slots=True)
class Words:
    """A trouble for people to read."""

    wrong: Lazy
    mend: Lazy


_SECRET = lazy_gettext("Please enter a new client secret in the settings, under Microsoft 365.")
_PASSES = lazy_gettext("It is tried again by itself; nobody was deactivated.")
_WORDS = {
    "too_many_gone": Words(
        lazy_gettext("So many people would be deactivated at once that somebody has to look first."),
        lazy_gettext(
            "If they really left: “flask user fetch --even-many” on the server. Otherwise please check the directory."
        ),
    ),
    "last_admin": Words(
        lazy_gettext(
            "The last active administrator may not sign in at Microsoft any more and stays active here."
        ),
        lazy_gettext("Please name another administrator; the next run then deactivates the account."),
    ),
    "permission_missing": Words(
        lazy_gettext("The application may not read people: the permission User.Read.All is missing."),
        lazy_gettext(
            "Please add the application permission User.Read.All in Microsoft Entra and grant admin consent."
        ),
    ),
    "consent_missing": Words(
        lazy_gettext("Nobody has consented to the permissions of the application yet."),
        lazy_gettext("Please grant admin consent for User.Read.All in Microsoft Entra."),
    ),
    "client_secret": Words(lazy_gettext("Microsoft does not accept the client secret."), _SECRET),
    "client_secret_expired": Words(lazy_gettext("The client secret has run out."), _SECRET),
    "registration": Words(
        lazy_gettext("Microsoft does not know the application or the directory."),
        lazy_gettext("Please compare directory id and application id with Microsoft Entra."),
    ),
    "busy": Words(lazy_gettext("Microsoft has too much to do just now."), _PASSES),
}
_ANY = Words(lazy_gettext("Microsoft could not be read to the end."), _PASSES)


def words(trouble: str) -> Words:
    """A trouble in words; one that is not known is one that passes."""
    return _WORDS.get(trouble, _ANY)
