"""Schools and complaints at random, with the truth about who must hear nothing, known from how they were made.

Nothing here asks the product who is meant. A world is made person by person and its forms are typed from it, so that it
is known beforehand whom a name, a surname, a title or a shared mailbox stands for.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

FIRST = ("Alma", "Zoë", "Kit", "Ruth", "Omar")
LAST = ("Marsh", "O'Hara", "Calder", "Nair", "Żak")
STAFF_ROLES = (
    "headteacher", "deputy-headteacher", "dsl", "deputy-dsl", "deputy-dsl", "business-manager", "office", "senco",
    "behaviour-lead", "teacher", "teacher",
)  # fmt: skip
BOARD_ROLES = ("chair", "vice-chair", "clerk", "governor", "governor", "governor", "governor;staff-governor")
TITLES = {
    "headteacher": ("the headteacher", "Head teacher", "Headteacher"), "chair": ("Chair of governors", "the chair"),
    "vice-chair": ("vice-chair of governors",), "clerk": ("the clerk", "clerk to the governors"),
    "business-manager": ("the school business manager",), "dsl": ("the DSL", "designated safeguarding lead"),
    "deputy-headteacher": ("the deputy head",),
}  # fmt: skip
STATED = {
    "A member of staff": (), "The headteacher": ("headteacher",), "The chair of governors": ("chair",),
    "Another governor": (), "The chair and the vice-chair": ("chair", "vice-chair"), "The whole governing board": (),
    "The school or its services": (), "Another organisation using the premises": (), "": (),
}  # fmt: skip
TOPICS = (
    "Teaching or the curriculum as we deliver it", "A child's safety or protection", "Admissions", "Something else",
    "A staff grievance", "A freedom of information request", "", "The way the school responded to bullying",
)  # fmt: skip
TEACHING = TOPICS[0]
ROW = "first_name,last_name,email,roles,available,read_by\n"
BODIES = {"lado": "lado@council.example", "governor-services": "governors@council.example", "dfe": "dfe@dfe.example"}


@dataclass(frozen=True)
class One:
    """A row of a list. ``board``: the governors' list."""

    first: str
    last: str
    email: str
    roles: frozenset[str]
    available: bool
    board: bool = False
    read_by: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass
class World:
    """A school as four texts, and who is in it."""

    people: list[One]
    parents: dict[str, frozenset[str]] = field(default_factory=dict)
    """A pupil's whole name to those of the school who are a parent or carer of a pupil of that name."""
    staff_csv: str = ""
    governors_csv: str = ""
    outside_csv: str = ""
    pupils_csv: str = ""

    @property
    def files(self) -> dict[str, str]:
        """The four lists, in the order in which a directory is read from them."""
        return {"staff.csv": self.staff_csv, "governors.csv": self.governors_csv,
                "outside-bodies.csv": self.outside_csv, "pupils.csv": self.pupils_csv}  # fmt: skip

    @property
    def humans(self) -> list[One]:
        return [one for one in self.people if not one.read_by]

    def holding(self, *roles: str) -> frozenset[str]:
        """Everybody in these roles, away or not, and whoever reads a mailbox that has one."""
        held = [one for one in self.people if one.roles & set(roles)]
        return frozenset({one.email for one in held}.union(*(one.read_by for one in held)))

    def called(self, name: str) -> frozenset[str]:
        return frozenset(one.email for one in self.humans if one.name == name)

    @property
    def governors(self) -> frozenset[str]:
        """The board: everybody with a seat. A clerk is of it only with a seat of their own."""
        seats = {"chair", "vice-chair", "governor", "staff-governor"}
        return frozenset(one.email for one in self.humans if one.roles & seats)

    def with_mailboxes(self, out: Iterable[str]) -> frozenset[str]:
        """These, and every shared mailbox that one of them reads."""
        out = frozenset(out)
        return out | {one.email for one in self.people if one.read_by & out}


def a_world(dice: random.Random) -> World:
    """A school in which people share names, roles and mailboxes, some posts are empty and some people are parents."""
    people: list[One] = []
    for number, role in enumerate(STAFF_ROLES):
        if dice.random() < 0.12 and number:
            continue
        roles = {role} | ({dice.choice(STAFF_ROLES)} if dice.random() < 0.12 else set())
        people.append(_one(dice, f"s{number}@school.example", roles))
    for number, listed in enumerate(BOARD_ROLES):
        if dice.random() < 0.12:
            continue
        roles = set(listed.split(";")) | ({"clerk"} if dice.random() < 0.04 else set())
        people.append(_one(dice, f"g{number}@governors.example", roles, board=True))
    for number, role in enumerate(("safeguarding-team", "behaviour-team-inbox", dice.choice(tuple(TITLES)))):
        if dice.random() < 0.5:
            readers = frozenset(one.email for one in dice.sample([p for p in people if not (p.board or p.read_by)], 2))
            people.append(One("Team", "inbox", f"m{number}@school.example", frozenset({role}), True, False, readers))
    world = World(people)
    _write(world, dice)
    return world


def _one(dice: random.Random, email: str, roles: set[str], *, board: bool = False) -> One:
    return One(dice.choice(FIRST), dice.choice(LAST), email, frozenset(roles), dice.random() > 0.1, board)


def _write(world: World, dice: random.Random) -> None:
    def rows(board: bool) -> Iterator[str]:
        for one in world.people:
            if one.board is board:
                yes = "yes" if one.available else "no"
                shared = ";".join(sorted(one.read_by))
                yield f"{one.first},{one.last},{one.email},{';'.join(sorted(one.roles))},{yes},{shared}\n"

    world.staff_csv, world.governors_csv = ROW + "".join(rows(False)), ROW + "".join(rows(True))
    listed = [f"{role},{email},{role}\n" for role, email in BODIES.items() if dice.random() > 0.2]
    world.outside_csv = "name,email,role\n" + "".join(listed)
    pupils = "upn,first_name,last_name,preferred_name,year,form,send,notes,carer1_email,carer1_contact\n"
    parents: dict[str, set[str]] = {}
    for number in range(4):
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        carer = dice.choice(world.humans).email if dice.random() < 0.5 else f"carer{number}@family.example"
        parents.setdefault(name, set()).add(carer)
        first, last = name.split()
        pupils += f"Z90000000000{number},{first},{last},,8,8A,N,,{carer},yes\n"
    ours = {one.email for one in world.humans}
    world.pupils_csv, world.parents = pupils, {name: frozenset(who & ours) for name, who in parents.items()}


@dataclass(frozen=True)
class Typed:
    """What was typed for somebody, and everybody who is meant by it."""

    text: str
    meant: frozenset[str]


def somebody(dice: random.Random, world: World) -> Typed:
    """A name as people type it: in full, with a title before it, in capitals, by its post, or by the address."""
    one = dice.choice(world.humans)
    post = next((role for role in sorted(one.roles) if role in TITLES), None)
    how = dice.choice(("full", "full", "capitals", "surname", "post", "address", "mailbox", "with post"))
    if how == "post" and post is not None:
        return Typed(dice.choice(TITLES[post]), world.holding(post) & {one.email for one in world.humans})
    if how == "address":
        return Typed(one.email, frozenset({one.email}))
    mailboxes = [one for one in world.people if one.read_by]
    if how == "mailbox" and mailboxes:
        mailbox = dice.choice(mailboxes)
        return Typed(mailbox.email, mailbox.read_by)
    if how == "with post" and post is not None:
        return Typed(f"{one.name} ({TITLES[post][0]})", frozenset({one.email}))
    if how == "surname":
        title = dice.choice(("Mr", "Mrs", "Dr"))
        return Typed(f"{title} {one.last}", frozenset(p.email for p in world.humans if p.last == one.last))
    text = one.name.upper() if how == "capitals" else one.name
    return Typed(text, world.called(one.name))


@dataclass(frozen=True)
class Complaint:
    """A filled-in form, and who must hear nothing of it: whom it is about, and who made it."""

    answers: dict[str, str]
    respondent: str
    about: frozenset[str]
    made_by: frozenset[str]
    parents: frozenset[str]

    @property
    def out(self) -> frozenset[str]:
        return self.about | self.made_by | self.parents


def a_complaint(dice: random.Random, world: World, first: Complaint | None = None) -> Complaint:
    """A complaint, or a later version of the ``first``, by the same person."""
    stated = dice.choice(tuple(STATED))
    named = [somebody(dice, world) for _ in range(dice.choice((0, 0, 1, 1, 1, 2)))]
    about = world.holding(*STATED[stated]).union(*(one.meant for one in named))
    if stated == "The whole governing board":
        about |= world.governors
    if stated == "Another governor" and not (about | (first.about if first else frozenset())) & world.governors:
        about |= world.governors
    answers = {
        "Who or what is your complaint about?": stated, "Name of the person (if one)": "\n".join(n.text for n in named),
        "What is it to do with?": dice.choice(TOPICS),
        "Is a child at risk of harm?": dice.choice(("Yes", "No", "No", "")),
        "Is a child missing education?": "No", "Is legal action under way?": dice.choice(("No", "Yes")),
        "When did it happen?": dice.choice(("2026-10-01", "2026-03-01", "")),
        "How did it reach us? (staff use)": dice.choice(("This form", "Through a governor", "Telephone", "")),
    }  # fmt: skip
    if dice.random() < 0.3:
        answers["What was the result of the discussion?"] = "None at all."
    pupil = dice.choice([*world.parents, "", ""])
    answers["Pupil's name and year (if it concerns one)"] = pupil
    who, respondent, made_by = _signed(dice, world) if first is None else ({}, first.respondent, first.made_by)
    signed = who or {key: value for key, value in (first.answers if first else {}).items() if key in SIGNED}
    kept = first.about if first else frozenset()
    parents = world.parents.get(pupil, frozenset()) | (first.parents if first else frozenset())
    return Complaint(answers | signed, respondent, about | kept, made_by, parents)


SIGNED = ("Name", "Email", "I am")


def _signed(dice: random.Random, world: World) -> tuple[dict[str, str], str, frozenset[str]]:
    """Who signs: a family, nobody, or somebody of the school under their address, their name, or as a parent."""
    how = dice.choice(("family", "family", "nobody", "address", "name", "account"))
    one = dice.choice(world.humans)
    signed = {"Name": "Petra Novak", "Email": "petra@family.example", "I am": "A parent or carer of a current pupil"}
    match how:
        case "family":
            return signed, "petra@family.example", frozenset()
        case "nobody":
            return {"Name": "Anonymous", "Email": ""}, "", frozenset()
        case "address":
            return {**signed, "Name": one.name, "Email": one.email}, "", world.called(one.name)
        case "name":
            return {**signed, "Name": one.name}, "", world.called(one.name)
        case _:
            return {**signed, "Name": one.name, "Email": ""}, one.email, world.called(one.name)


UPDATES = (
    "Person complained about named", "Person complained about named", "A governor acted alone on the complaint",
    "CAP panel member agreed", "CAP panel member agreed", "CAP panel member agreed", "CAP hearing date set",
    "The whole board is aware", "Complainant asks for stage 2", "Complainant asks for stage 3", "Meeting held",
    "Stage 3 outcome received by complainant", "Complainant asks for stage 4 (CAP)", "CAP hearing held",
    "Complaint withdrawn", "Case reopened", "Written consent received", "Late complaint accepted", "Interview held",
    "Complex: new target date", "Alert acknowledged", "Account or statement received", "Case closed",
    "CAP panel member stood down", "Independent panel asked for", "Barred from the premises",
)  # fmt: skip


@dataclass(frozen=True)
class Update:
    """An update, who sent it, and whom it names."""

    answers: dict[str, str]
    respondent: str
    named: frozenset[str]


def an_update(dice: random.Random, world: World, ref: str, day: date) -> Update:
    """An update by anybody, about anybody."""
    typed = somebody(dice, world)
    clerks = [one.email for one in world.people if one.roles & {"clerk", "chair", "headteacher"}]
    everybody = [one.email for one in world.people]
    strangers = [*BODIES.values(), "somebody@family.example", ""]
    sender = dice.choice(dice.choice((clerks or everybody, everybody, strangers)))
    answers = {
        "Case reference": ref, "What happened?": dice.choice(UPDATES), "On what date?": day.isoformat(),
        "Who was involved?": typed.text, "New target date (if there is one)": (day + timedelta(days=18)).isoformat(),
        "At what time?": "10:00", "Reason or outcome": dice.choice(("", "We have spoken.")),
    }  # fmt: skip
    return Update(answers, sender, typed.meant)


def a_day(dice: random.Random) -> datetime:
    """When a complaint comes: a moment of the autumn term, at any hour."""
    return datetime(2026, 9, 7, 8) + timedelta(days=dice.randrange(60), minutes=dice.randrange(1440))  # noqa: DTZ001
