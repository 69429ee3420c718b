"""Who of a school plays whom in a scenario that is made of facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rules.engine.casework.conduct import APPROVED
from rules.engine.casework.who_records import DSL_ONLY
from rules.engine.model.policy import Facts, Policies
from rules.engine.proving.counterexample import Cast
from rules.engine.school.directory import Directory, Person, Pupil
from rules.engine.school.people import match_pupil

COMPLAINANT = "complainant@home.example"

_MAY_RECORD = (("clerk", "clerk"), ("headteacher", "headteacher"), ("chair", "chair"))
"""Who records what happens on a complaint, and the word by which the complaint is about them."""


def cast_for(facts: Facts, policies: Policies, directory: Directory) -> Cast:
    """Who plays whom, so that what the school's lists say of them is what the facts say."""
    wants_support = facts.get("a pupil has special needs") == "yes"

    def chosen(wanted: Callable[[Pupil], bool]) -> Pupil | None:
        with_carers = (p for p in directory.pupils if any(c.contact for c in p.carers))
        return next((p for p in with_carers if wanted(p) and not p.notes and _is_alone(directory, p)), None)

    wants_year_7 = facts.get("a year 7 pupil is targeted") == "yes"
    targeted = chosen(lambda pupil: (pupil.send != "N", pupil.year == 7) == (wants_support, wants_year_7))
    reported = chosen(lambda pupil: pupil is not targeted and pupil.send == "N")
    also = chosen(lambda pupil: pupil not in (targeted, reported) and pupil.send == "N")
    spoken_of = {role for a in policies.vocabulary.audiences.values() for role in (a.role, *a.then)}

    def is_plain(person: Person) -> bool:
        roles = (role for role in person.roles if role in spoken_of or role.startswith("lead-year"))
        return person.available and not person.read_by and not any(roles)

    plain = [person for person in directory.staff if is_plain(person)]
    blank = Cast()
    return Cast(
        targeted=targeted.name if targeted else blank.targeted,
        reported=reported.name if reported else blank.reported,
        also_reported=also.name if also else blank.also_reported,
        staff=plain[0].name if plain else blank.staff,
        other_staff=plain[1].name if len(plain) > 1 else blank.other_staff,
        complainant="Robin Complainant",
        address=COMPLAINANT,
        roles={role: person.name for person in reversed(tuple(directory.everyone())) for role in person.roles},
    )


def _is_alone(directory: Directory, pupil: Pupil) -> bool:
    return match_pupil(directory, pupil.name, year=None).found == pupil


def recorder(facts: Facts, directory: Directory) -> str | None:
    """The address of somebody who may record this on a case of this sort; None where nobody holds such a role.

    What one decides another approves.
    """
    about = facts.get("complained about")
    words = about if isinstance(about, frozenset) else frozenset()
    clean = (role for role, word in _MAY_RECORD if word not in words)
    if facts.get("what happened") == APPROVED:
        next(clean, None)
    role = "dsl" if facts.get("what happened") in DSL_ONLY or facts.get("track") != "complaint" else next(clean, "dsl")
    return next((person.email for person in directory.holders(role)), None)


def panel(directory: Directory) -> Iterator[str]:
    """Names of governors who hold no other role, and may sit on a panel."""
    for person in directory.governors:
        if person.available and set(person.roles) <= {"governor"}:
            yield person.name
