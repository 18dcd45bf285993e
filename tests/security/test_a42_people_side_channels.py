"""A42: the people list tells nothing of teams somebody may not know, neither by rows nor by answers."""

from __future__ import annotations


def test_a42_a_hidden_team_and_none_at_all_look_the_same(world):
    hidden = world.make_team("Betriebsarzt CANARY", is_confidential=True)
    inside = world.agent(first_name="Ida", last_name="Innen", teams=[hidden])
    browser = world.browser(world.agent())
    asked, missing = browser.get(f"/people?team={hidden.id}"), browser.get("/people?team=987654")
    assert (asked.status_code, missing.status_code) == (200, 200)
    assert "Niemand gefunden" in asked.text and "Niemand gefunden" in missing.text
    for path in ("/people", f"/people?team={hidden.id}", f"/people/{inside.id}", "/people/new"):
        assert "CANARY" not in browser.get(path).text
    assert "CANARY" in world.browser(inside).get("/people").text
