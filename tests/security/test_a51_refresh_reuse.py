"""A51: a refresh token works once; one that comes twice ends everything that came of it."""

from __future__ import annotations

from app.accounts.actions import programs
from app.core.actor import NOBODY
from app.core.uow import run_unit
from tests.support.accounts import facts
from tests.support.at_once import at_once
from tests.support.programs import PROFILE, Program, refused


def test_a51_a_spent_token_ends_the_whole_family_and_is_written_down(world):
    mia = world.customer()
    program, other = Program(world.app, mia), Program(world.app, mia)
    old = program.refresh
    assert program.renew().status_code == 200
    newest, access = program.refresh, program.access
    assert program.get(PROFILE, token=access).status_code == 200
    assert refused(program.renew(old), 401, "not_signed_in")
    assert refused(program.renew(newest), 401, "not_signed_in")
    assert refused(program.get(PROFILE, token=access), 401, "not_signed_in")
    assert [(fact["how"], fact["subject"]) for fact in facts("sign_in.ended")] == [("token_reused", mia.id)]
    assert other.get(PROFILE).status_code == 200


def test_a51_one_spent_long_ago_does_the_same(world):
    program = Program(world.app, world.agent())
    first = program.refresh
    for _round in range(4):
        assert program.renew().status_code == 200
    assert refused(program.renew(first), 401, "not_signed_in")
    assert refused(program.renew(), 401, "not_signed_in")


def test_a51_after_the_end_nothing_more_is_written_down(world):
    program = Program(world.app, world.customer())
    old = program.refresh
    program.renew()
    for _round in range(3):
        assert refused(program.renew(old), 401, "not_signed_in")
    assert len(facts("sign_in.ended")) == 1


def test_a51_of_two_at_once_at_most_one_is_answered_and_both_are_out(world):
    mia = world.customer()
    program = Program(world.app, mia)
    old, got = program.refresh, []
    failures = at_once(world.app, lambda: got.append(run_unit(lambda: programs.renew(old, actor=NOBODY))))
    assert {type(failure).__name__ for failure in failures} <= {"NotSignedIn"}
    fresh = [token for token in got if token]
    assert len(fresh) == 1
    assert refused(program.renew(fresh[0]), 401, "not_signed_in")
    program.take(fresh[0])
    assert refused(program.get(PROFILE), 401, "not_signed_in")
    assert len(facts("sign_in.ended")) == 1
