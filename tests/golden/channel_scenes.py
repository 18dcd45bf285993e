"""What has to happen for the mails about channels in Teams to be written."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.accounts.actors import CLOCK
from app.core.uow import run_unit
from app.events.log import record
from app.notifications.events import CardChannelOff
from tests.golden.mail_scenes import Firm, Scene
from tests.golden.mailbox_scenes import admin


def off(owner: str, trouble: str) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        reader = firm.agent if owner == "person" else admin(firm)
        firm.put(reader, language=firm.customer.language)
        # The mail names the team's number.
        team = firm.world.make_team("Netz", id=7) if owner == "team" else firm.world.team
        subject = {"team": ("team", team.id), "person": ("person", reader.id)}
        fact = CardChannelOff(owner=owner, trouble=trouble)
        run_unit(partial(record, fact, actor=CLOCK, subject=subject.get(owner, ("channel", 0))))
        return reader, fact.kind

    return scene


def off_for_leader(firm: Firm) -> tuple[Any, ...]:
    fact = CardChannelOff(owner="team", trouble="redirected")
    run_unit(partial(record, fact, actor=CLOCK, subject=("team", firm.world.team.id)))
    firm.put(firm.leader, language=firm.customer.language)
    return firm.leader, fact.kind


SCENES: dict[str, Scene] = {
    "channel_off_leader": off_for_leader,
    "channel_off_team": off("team", "refused"),
    "channel_off_person": off("person", "timeout"),
    "channel_off_house": off("house", "busy"),
}
