"""What each kind of event is called, and the areas they are filtered by."""

from __future__ import annotations

from app.core.language import Lazy, _, lazy_gettext
from app.events.kinds import known_kinds

KINDS: dict[str, Lazy] = {
    "api_key.created": lazy_gettext("API key made"),
    "api_key.revoked": lazy_gettext("API key revoked"),
    "audit.exported": lazy_gettext("Audit log exported"),
    "category.changed": lazy_gettext("Category changed"),
    "category.created": lazy_gettext("Category created"),
    "delivery.all_given_up": lazy_gettext("Deliveries given up"),
    "delivery.all_retried": lazy_gettext("Deliveries tried again"),
    "delivery.given_up": lazy_gettext("Delivery given up"),
    "delivery.retried": lazy_gettext("Delivery tried again"),
    "device.added": lazy_gettext("Device to be told of news"),
    "device.removed": lazy_gettext("Device not told of news any more"),
    "email.change_refused": lazy_gettext("Change of address refused"),
    "email.change_requested": lazy_gettext("Change of address requested"),
    "email.changed": lazy_gettext("Address changed"),
    "email.further_added": lazy_gettext("Further address added"),
    "email.further_removed": lazy_gettext("Further address removed"),
    "email.further_requested": lazy_gettext("Further address requested"),
    "email.further_withdrawn": lazy_gettext("Further address taken back"),
    "mail.bounced": lazy_gettext("Mail came back"),
    "mail.discarded": lazy_gettext("Mail discarded"),
    "mail.forwarded": lazy_gettext("Ticket shown to somebody outside"),
    "mail.ignored": lazy_gettext("Mail ignored"),
    "mail.names_ticket": lazy_gettext("Mail names another ticket"),
    "mail.quarantined": lazy_gettext("Mail quarantined"),
    "mail.taken_up_again": lazy_gettext("Mail read once more"),
    "mail.too_large": lazy_gettext("Mail was too large"),
    "mailbox.changed": lazy_gettext("Mail account changed"),
    "mailbox.connected": lazy_gettext("Mail account connected with Microsoft"),
    "mailbox.created": lazy_gettext("Mail account created"),
    "mailbox.failing": lazy_gettext("Mailbox cannot be read"),
    "mailbox.removed": lazy_gettext("Mail account removed"),
    "mailbox.secret_ending": lazy_gettext("Client secret for Microsoft 365 ends soon"),
    "mailbox.silent": lazy_gettext("Mailbox is silent"),
    "notification.channel_off": lazy_gettext("Channel in Teams switched off"),
    "notification.channel_on": lazy_gettext("Channel in Teams switched on again"),
    "notification.day_of_team": lazy_gettext("Morning card of a team"),
    "notification.receipt_left_out": lazy_gettext("Receipt left out"),
    "notification.signature_changed": lazy_gettext("Signature changed"),
    "notification.signature_removed": lazy_gettext("Signature removed"),
    "notification.wording_changed": lazy_gettext("Words of a mail changed"),
    "notification.wording_restored": lazy_gettext("Words of a mail back to the original"),
    "organisation.changed": lazy_gettext("Organisation changed"),
    "organisation.created": lazy_gettext("Organisation created"),
    "password.changed": lazy_gettext("Password changed"),
    "password.confirmed": lazy_gettext("Password confirmed"),
    "password.not_needed": lazy_gettext("Password link refused: signs in with Microsoft"),
    "password.reset_refused": lazy_gettext("Password reset refused"),
    "password.reset_requested": lazy_gettext("Password reset requested"),
    "people.fetch_stopped": lazy_gettext("Fetching people needs somebody"),
    "people.fetched": lazy_gettext("People fetched from Microsoft"),
    "people.import_started": lazy_gettext("Import of people started"),
    "people.imported": lazy_gettext("People imported"),
    "person.absence_changed": lazy_gettext("Absence changed"),
    "person.activated": lazy_gettext("Account activated"),
    "person.changed": lazy_gettext("Person changed"),
    "person.connected": lazy_gettext("Account at Microsoft connected"),
    "person.created": lazy_gettext("Account created"),
    "person.deactivated": lazy_gettext("Account deactivated"),
    "person.disconnected": lazy_gettext("Account at Microsoft disconnected"),
    "person.link_shown": lazy_gettext("One-time link shown"),
    "person.role_changed": lazy_gettext("Role changed"),
    "person.webhook_removed": lazy_gettext("Own channel in Teams removed"),
    "person.webhook_set": lazy_gettext("Own channel in Teams set up"),
    "person.welcomed": lazy_gettext("Welcome sent"),
    "preferences.changed": lazy_gettext("Notification preferences changed"),
    "recipient.muted": lazy_gettext("Address silenced"),
    "recipient.unmuted": lazy_gettext("Address written to again"),
    "registration.confirmed": lazy_gettext("Registration confirmed"),
    "registration.refused": lazy_gettext("Registration refused"),
    "registration.started": lazy_gettext("Registration started"),
    "sender.blocked": lazy_gettext("Sender blocked"),
    "sender.unblocked": lazy_gettext("Sender unblocked"),
    "settings.changed": lazy_gettext("Settings changed"),
    "sign_in.all_ended": lazy_gettext("All sign-ins ended"),
    "sign_in.ended": lazy_gettext("Signed out"),
    "sign_in.failed": lazy_gettext("Sign-in failed"),
    "sign_in.succeeded": lazy_gettext("Signed in"),
    "sla.calendar_changed": lazy_gettext("Calendar changed"),
    "sla.calendar_created": lazy_gettext("Calendar created"),
    "sla.calendar_deleted": lazy_gettext("Calendar deleted"),
    "sla.policy_changed": lazy_gettext("SLA policy changed"),
    "sla.policy_created": lazy_gettext("SLA policy created"),
    "sla.policy_deleted": lazy_gettext("SLA policy deleted"),
    "team.changed": lazy_gettext("Team changed"),
    "team.created": lazy_gettext("Team created"),
    "team.member_added": lazy_gettext("Team member added"),
    "team.member_removed": lazy_gettext("Team member removed"),
    "ticket.assigned": lazy_gettext("Ticket assigned"),
    "ticket.category_changed": lazy_gettext("Category of a ticket changed"),
    "ticket.comment_corrected": lazy_gettext("Entry corrected"),
    "ticket.comment_redacted": lazy_gettext("Entry redacted"),
    "ticket.deadline_breached": lazy_gettext("Deadline missed"),
    "ticket.deadline_warned": lazy_gettext("Deadline at risk"),
    "ticket.deleted": lazy_gettext("Ticket deleted"),
    "ticket.entry_moved": lazy_gettext("Entry moved to a new ticket"),
    "ticket.escalated": lazy_gettext("Ticket escalated"),
    "ticket.file_infected": lazy_gettext("Virus found in a file"),
    "ticket.follow_up_opened": lazy_gettext("Follow-up ticket opened"),
    "ticket.marked_as_spam": lazy_gettext("Ticket marked as spam"),
    "ticket.nobody_free": lazy_gettext("Nobody free for a ticket"),
    "ticket.note_added": lazy_gettext("Internal note added"),
    "ticket.opened": lazy_gettext("Ticket opened"),
    "ticket.participant_added": lazy_gettext("Participant added"),
    "ticket.participant_removed": lazy_gettext("Participant removed"),
    "ticket.priority_changed": lazy_gettext("Priority changed"),
    "ticket.rated": lazy_gettext("Ticket rated"),
    "ticket.reply_added": lazy_gettext("Public reply added"),
    "ticket.reply_scheduled": lazy_gettext("Reply scheduled"),
    "ticket.reply_stopped": lazy_gettext("Scheduled reply stopped"),
    "ticket.reply_taken_back": lazy_gettext("Public reply taken back"),
    "ticket.reply_unscheduled": lazy_gettext("Scheduled reply cancelled"),
    "ticket.requester_changed": lazy_gettext("Requester changed"),
    "ticket.restored": lazy_gettext("Ticket restored"),
    "ticket.status_changed": lazy_gettext("Status changed"),
    "ticket.tags_changed": lazy_gettext("Tags changed"),
    "ticket.team_changed": lazy_gettext("Team of a ticket changed"),
    "ticket.title_changed": lazy_gettext("Title changed"),
    "ticket.unmarked_as_spam": lazy_gettext("Ticket is no spam"),
    "ticket.watcher_added": lazy_gettext("Watcher added"),
    "ticket.watcher_removed": lazy_gettext("Watcher removed"),
    "totp.codes_renewed": lazy_gettext("Recovery codes renewed"),
    "totp.enrolled": lazy_gettext("Second factor set up"),
    "totp.removed": lazy_gettext("Second factor removed"),
    "webhook.changed": lazy_gettext("Webhook changed"),
    "webhook.created": lazy_gettext("Webhook created"),
    "webhook.redelivered": lazy_gettext("Webhook sent once more"),
    "webhook.removed": lazy_gettext("Webhook removed"),
    "webhook.rotated": lazy_gettext("New secret of a webhook"),
    "webhook.switched_off": lazy_gettext("Webhook switched off"),
}
# An area is the part of a kind before the dot; some areas read as one.
AREAS: dict[str, tuple[Lazy, tuple[str, ...]]] = {
    "tickets": (lazy_gettext("Tickets"), ("ticket",)),
    "people": (
        lazy_gettext("People"),
        ("person", "people", "organisation", "registration", "email", "preferences"),
    ),
    "sign_in": (lazy_gettext("Sign-in and passwords"), ("sign_in", "password", "totp", "api_key")),
    "administration": (
        lazy_gettext("Administration"),
        ("team", "category", "sla", "settings", "audit", "notification", "webhook"),
    ),
    "delivery": (lazy_gettext("Deliveries"), ("delivery",)),
    "mail": (lazy_gettext("E-mail"), ("mail", "mailbox", "recipient", "sender")),
}


def kind_name(kind: str) -> str:
    """A kind in words; one that a newer part of the product wrote keeps its own name."""
    known = KINDS.get(kind)
    return str(known) if known is not None else kind


def kinds_of(choice: str) -> tuple[str, ...]:
    """The kinds behind a choice of the filter: an area or a single kind; empty for everything."""
    if choice in AREAS:
        prefixes = tuple(f"{part}." for part in AREAS[choice][1])
        return tuple(kind for kind in known_kinds() if kind.startswith(prefixes)) or (choice,)
    return (choice,) if choice else ()


def choices() -> list[tuple[str, str]]:
    """Areas first, then single kinds by their name."""
    areas = [
        (area, _("Everything about: %(area)s", area=str(name))) for area, (name, _parts) in AREAS.items()
    ]
    kinds = [(kind, kind_name(kind)) for kind in known_kinds()]
    return areas + sorted(kinds, key=lambda choice: choice[1].casefold())
