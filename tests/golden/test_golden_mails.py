"""Every mail in German and English, text and HTML, word for word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.golden import address_scenes, channel_scenes, key_scenes, mail_scenes, mailbox_scenes
from tests.golden.mail_scenes import START, Firm
from tests.support import golden
from tests.support.post import mail_to
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
SCENES = mail_scenes.SCENES | address_scenes.SCENES | mailbox_scenes.SCENES | channel_scenes.SCENES
SCENES |= key_scenes.SCENES


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as made:
        yield made


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", SCENES)
def test_a_mail_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    firm = Firm(world, language, traveller)
    reader, kind, *mailbox = SCENES[name](firm)
    world.relay()
    mail = mail_to(reader, kind, *mailbox)
    head = "".join(f"{header}: {mail.message[header]}\n" for header in ("From", "To", "Reply-To", "Subject"))
    golden.compare(f"mail/{name}.{language}.txt", f"{head}\n{mail.text}")
    golden.compare(f"mail/{name}.{language}.html", mail.html)
