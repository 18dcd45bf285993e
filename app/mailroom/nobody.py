"""The address of the unknown sender: one of ours, so that nobody registers it and no mail ever goes there."""

ADDRESS = "unknown-sender@helpdesk.invalid"


def addresses() -> tuple[str, ...]:
    """What ``accounts.mailboxes`` is to know as ours."""
    return (ADDRESS,)
