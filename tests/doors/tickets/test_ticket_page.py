"""The page of one ticket."""

from __future__ import annotations


def test_an_agent_reads_the_ticket(world):
    anna, mia = world.agent(first_name="Anna"), world.customer()
    ticket = world.ticket(mia)
    page = world.browser(anna).get(f"/tickets/{ticket.number}")
    print(page.text)
    assert page.status_code == 200
