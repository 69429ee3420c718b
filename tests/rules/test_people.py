"""Who a typed name may mean at the sample school: one exact match links, everything else is for a person to choose."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.engine.school.people import (
    Directory,
    Match,
    Person,
    Pupil,
    Stated,
    match_adult,
    match_lines,
    match_pupil,
    read_directory,
)
from rules.engine.school.role_titles import held_by_title
from rules.engine.school.typed_names import TITLES, fold, read_name

SCHOOL = Path(__file__).parents[2] / "service" / "sample_school"
STAFF, GOVERNORS, OUTSIDE, PUPILS = (
    (SCHOOL / name).read_text(encoding="utf-8")
    for name in ("staff.csv", "governors.csv", "outside-bodies.csv", "pupils.csv")
)
PEOPLE = read_directory(STAFF, GOVERNORS, OUTSIDE, PUPILS)
ADULTS = [person for person in (*PEOPLE.staff, *PEOPLE.governors) if not person.read_by]
STATED: tuple[Stated, ...] = ("pupil", "staff", "parent", "adult", "unknown")
STAFF_HEADING = "first_name,last_name,email,roles,available,read_by\n"
PUPIL_HEADING = "upn,first_name,last_name,preferred_name,year,form,send,notes,carer1_email,carer1_contact\n"
ONE = STAFF_HEADING + "Ann,Lee,a.lee@school.example,headteacher,yes,\n"


def _with_pupils(*rows: str) -> Directory:
    return read_directory(STAFF, GOVERNORS, OUTSIDE, PUPIL_HEADING + "".join(f"{row}\n" for row in rows))


def _named(match: Match) -> str | None:
    return _name(match.found) if match.found else None


def _name(who: Pupil | Person) -> str:
    return f"{who.first_name} {who.last_name}" + (f" {who.form}" if isinstance(who, Pupil) else "")


def _possible(match: Match) -> list[str]:
    return [_name(who) for who in match.possible]


def _one(text: str, stated: Stated, year: int | None = None, people: Directory = PEOPLE) -> Match:
    (match,) = match_lines(people, text, stated=stated, year=year)
    return match


# --- pupils ---


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Lily Chen", "Lily Chen 7A"),
        ("  LILY   chen ", "Lily Chen 7A"),
        ("Lily Chen 7A", "Lily Chen 7A"),
        ("Lily Chen (7A)", "Lily Chen 7A"),
        ("Lily Chen, 7a", "Lily Chen 7A"),
        ("Lily Chen - 7A", "Lily Chen 7A"),
        ("Lily Chen in form 7A.", "Lily Chen 7A"),
        ("Lily Chen Year 7", "Lily Chen 7A"),
        ("Lily Chen Y7", "Lily Chen 7A"),
        ("Lily Chen yr. 7", "Lily Chen 7A"),
        ("Lily Chen [year 7]", "Lily Chen 7A"),
        ("Chen, Lily, 7A", "Lily Chen 7A"),
        ("Chen, Lily 7A", "Lily Chen 7A"),
        ("Chen, Lily", "Lily Chen 7A"),
        ("Miss Lily Chen", "Lily Chen 7A"),
        ("Jonny Smith", "Jonathan Smith 9A"),
        ("Jonathan Smith", "Jonathan Smith 9A"),
        ("Eli Rose", "Emily Rose 9B"),
        ("Emily Rose", "Emily Rose 9B"),
        ("Alex Wren 9C", "Alexandra Wren 9C"),
        ("Alex Wren (Y7)", "Alex Wren 7A"),
        ("Alexandra Wren", "Alexandra Wren 9C"),
        ("Mohammed Khan 8A", "Mohammed Khan 8A"),
        ("Mohammed Khan year 10", "Mohammed Khan 10B"),
        ("jose zak", "José Żak 7A"),
        ("Lukasz Bennett", "Łukasz Bennett 9C"),
        ("Mia O'Neill", "Mia O’Neill 7A"),
        ("Mia Oʼneill", "Mia O’Neill 7A"),
        ("mia oneill", "Mia O’Neill 7A"),
        ("Zoe Smith Jones", "Zoë Smith-Jones 10C"),
        ("Zoë Smith–Jones", "Zoë Smith-Jones 10C"),
    ],
)
def test_one_exact_name_links(typed: str, found: str) -> None:
    for match in (match_pupil(PEOPLE, typed, year=None), _one(typed, "pupil")):
        assert (_named(match), match.possible, match.kind) == (found, (), "pupil")


@pytest.mark.parametrize(
    ("typed", "year", "possible"),
    [
        ("Mohammed Khan", None, ["Mohammed Khan 8A", "Mohammed Khan 8C", "Mohammed Khan 10B"]),
        ("Mohammed Khan", 8, ["Mohammed Khan 8A", "Mohammed Khan 8C"]),
        ("Mohammed Khan, Year 8", None, ["Mohammed Khan 8A", "Mohammed Khan 8C"]),
        ("Alex Wren", None, ["Alexandra Wren 9C", "Alex Wren 7A"]),
    ],
)
def test_the_same_name_several_times_is_never_picked_from(typed: str, year: int | None, possible: list[str]) -> None:
    match = match_pupil(PEOPLE, typed, year=year)
    assert match.found is None
    assert _possible(match) == possible


@pytest.mark.parametrize(
    ("typed", "year", "first"),
    [
        ("Lily Chen", 9, "Lily Chen 7A"),
        ("Lily Chen 7B", None, "Lily Chen 7A"),
        ("Lily Chen Year 9", None, "Lily Chen 7A"),
        ("Lily Chen 7A", 9, "Lily Chen 7A"),
        ("Lily Chen aged 12", None, "Lily Chen 7A"),
        ("Chen Lily", None, "Lily Chen 7A"),
        ("Lilly Chen", None, "Lily Chen 7A"),
        ("Johnny Smith", None, "Jonathan Smith 9A"),
        ("Mia O Neill", None, "Mia O’Neill 7A"),
        ("Lily Chen from my maths class", None, "Lily Chen 7A"),
        ("Lukasz", None, "Łukasz Bennett 9C"),
        ("Wren", None, "Alexandra Wren 9C"),
        ("Zoe Smith 10C", None, "Zoë Smith-Jones 10C"),
    ],
)
def test_a_near_or_contradicted_name_is_only_possible(typed: str, year: int | None, first: str) -> None:
    match = match_pupil(PEOPLE, typed, year=year)
    assert match.found is None
    assert first in _possible(match)
    assert match.kind == "pupil"


def test_a_year_given_elsewhere_tells_two_of_one_name_apart() -> None:
    assert _named(match_pupil(PEOPLE, "Alex Wren", year=9)) == "Alexandra Wren 9C"
    assert _named(match_pupil(PEOPLE, "Mohammed Khan", year=10)) == "Mohammed Khan 10B"


def test_a_name_like_nobodys_has_nobody_possible() -> None:
    assert match_pupil(PEOPLE, "Xerxes Quillfeather", year=None) == Match("Xerxes Quillfeather", None, (), "unknown")


def test_a_form_without_its_year_in_the_list() -> None:
    people = _with_pupils("Z1,Ada,Stone,,9,B,N,,,", "Z2,Ada,Stone,,9,C,N,,,")
    assert _named(match_pupil(people, "Ada Stone 9B", year=None)) == "Ada Stone B"


# --- adults ---


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ruth Calder", "Ruth Calder"),
        ("Ruth Calder-Jones", "Ruth Calder-Jones"),
        ("Ruth Calder Jones", "Ruth Calder-Jones"),
        ("Kate O'Hara", "Kate O'Hara"),
        ("Kate O’Hara", "Kate O'Hara"),
        ("kate ohara", "Kate O'Hara"),
        ("Mrs Helen Marsh", "Helen Marsh"),
        ("Marsh, Helen", "Helen Marsh"),
        ("Helen Marsh, headteacher", "Helen Marsh"),
        ("Helen Marsh (the headteacher)", "Helen Marsh"),
        ("headteacher Helen Marsh", "Helen Marsh"),
        ("Mrs Marsh (headteacher)", "Helen Marsh"),
        ("the headteacher", "Helen Marsh"),
        ("Head", "Helen Marsh"),
        ("our Head Teacher", "Helen Marsh"),
        ("DSL", "Ruth Calder"),
        ("chair of governors", "Margaret Vane"),
        ("The Chair", "Margaret Vane"),
        ("clerk to the governors", "Frances Doyle"),
        ("business manager", "Nadia Rahman"),
        ("head of year 9", "Beth Norcross"),
        ("Year 10 manager", "Grace Mbeki"),
        ("Steven Boyle, teacher", "Steven Boyle"),
        ("Frances Doyle", "Frances Doyle"),
        ("Mei Lin", "Mei Lin"),
        ("S.Boyle@northbridge.example", "Steven Boyle"),
    ],
)
def test_an_adult_by_full_name_sole_role_or_address(typed: str, found: str) -> None:
    for match in (match_adult(PEOPLE, typed), _one(typed, "staff"), _one(typed, "pupil"), _one(typed, "unknown")):
        assert (_named(match), match.possible, match.kind) == (found, (), "adult")


@pytest.mark.parametrize(
    ("typed", "possible"),
    [
        ("Mr Boyle", ["Steven Boyle"]),
        ("Boyle", ["Steven Boyle"]),
        ("Mrs Marsh", ["Helen Marsh", "Ben Marsh"]),
        ("H. Marsh", ["Helen Marsh", "Ben Marsh"]),
        ("Mrs Calder", ["Ruth Calder", "Ruth Calder-Jones"]),
        ("Ms Jones", ["Ruth Calder-Jones"]),
        ("Mr Boyle the maths teacher", ["Steven Boyle"]),
        ("Mr Boyle (headteacher)", ["Helen Marsh", "Steven Boyle"]),
        ("Mr Boyel", ["Steven Boyle"]),
        ("Stephen Boyle", ["Steven Boyle"]),
        ("Claire", ["Claire Huxley"]),
        ("Boyle Steven", ["Steven Boyle"]),
        ("deputy dsl", ["Imran Sheikh", "Beth Norcross"]),
        ("the safeguarding team", ["Ruth Calder", "Imran Sheikh", "Beth Norcross"]),
        ("Ben Marsh headteacher", ["Helen Marsh", "Ben Marsh"]),
        ("our headteacher was very rude to my son last week at the gate", ["Helen Marsh"]),
        ("headteacher DSL", ["Helen Marsh", "Ruth Calder"]),
        ("Mr Head", ["Helen Marsh"]),
    ],
)
def test_whoever_may_be_meant_is_possible(typed: str, possible: list[str]) -> None:
    match = match_adult(PEOPLE, typed)
    assert match.found is None
    assert set(possible) <= set(_possible(match))
    assert match.kind == "adult"


@pytest.mark.parametrize("typed", ["the head of maths", "head boy", "Helen Smith", "a stranger at the gate"])
def test_nobody_is_made_possible_by_a_word(typed: str) -> None:
    assert match_adult(PEOPLE, typed).possible == ()


def test_a_surname_that_fits_leaves_out_those_spelt_nearly_so() -> None:
    assert _possible(match_adult(PEOPLE, "Mr Boyle")) == ["Steven Boyle"]  # and not Frances Doyle


def test_two_of_one_name_among_adults_are_both_possible() -> None:
    governors = GOVERNORS + "Helen,Marsh,h.marsh@governors.northbridge.example,governor,yes\n"
    match = match_adult(read_directory(STAFF, governors, OUTSIDE, PUPILS), "Helen Marsh")
    assert match.found is None
    assert [who.key for who in match.possible] == ["head@northbridge.example", "h.marsh@governors.northbridge.example"]


# --- pupil, adult, or not said ---


def test_a_report_that_names_a_teacher_is_not_taken_for_one_about_a_pupil() -> None:
    for stated in ("pupil", "unknown", "staff"):
        match = _one("Steven Boyle", stated)
        assert (_named(match), match.kind) == ("Steven Boyle", "adult")
    assert _one("Mr Boyle", "pupil").kind == "unknown"
    assert _possible(_one("Mr Boyle", "pupil")) == ["Steven Boyle"]
    assert _one("Stephen Boyle", "pupil").kind == "unknown"


def test_a_pupil_who_shares_only_a_surname_with_an_adult_stays_a_pupil() -> None:
    assert _one("Tom Price", "pupil") == Match("Tom Price", None, (), "pupil")


def test_a_pupil_and_an_adult_of_one_name() -> None:
    people = _with_pupils("Z1,Helen,Marsh,,9,9B,N,,,")
    not_said = _one("Helen Marsh", "unknown", people=people)
    assert (not_said.found, not_said.kind) == (None, "unknown")
    assert _possible(not_said) == ["Helen Marsh 9B", "Helen Marsh"]
    pupil = _one("Helen Marsh", "pupil", people=people)
    assert (_named(pupil), _possible(pupil)) == ("Helen Marsh 9B", ["Helen Marsh"])
    assert _named(_one("Helen Marsh", "staff", people=people)) == "Helen Marsh"
    other_year = _one("Helen Marsh 7A", "pupil", people=people)
    assert (other_year.found, _possible(other_year)) == (None, ["Helen Marsh 9B", "Helen Marsh"])


def test_a_pupil_named_as_staff_is_for_a_person_to_settle() -> None:
    match = _one("Lily Chen", "staff")
    assert (match.found, _possible(match), match.kind) == (None, ["Lily Chen 7A"], "unknown")


def test_a_parent_is_never_linked_but_one_who_works_here_is_possible() -> None:
    match = _one("Helen Marsh", "parent")
    assert (match.found, _possible(match), match.kind) == (None, ["Helen Marsh"], "adult")
    assert _one("Mrs Price", "parent").possible == ()


# --- several people ---


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Lily Chen\nNoah Chen", ["Lily Chen", "Noah Chen"]),
        ("Lily Chen and Noah Chen, 7A; Jonny Smith", ["Lily Chen", "Noah Chen, 7A", "Jonny Smith"]),
        ("Lily Chen, Noah Chen", ["Lily Chen", "Noah Chen"]),
        ("Lily Chen 7A, Noah Chen 7A", ["Lily Chen 7A", "Noah Chen 7A"]),
        ("Lily Chen, Noah", ["Lily Chen", "Noah"]),
        ("Lily, Theo and Noah", ["Lily", "Theo", "Noah"]),
        ("Chen, Lily, 7A", ["Chen, Lily, 7A"]),
        ("Marsh, Helen", ["Marsh, Helen"]),
        ("Calder Jones, Ruth", ["Calder Jones, Ruth"]),
        ("Chen, Lily & Smith, Jonny", ["Chen, Lily", "Smith, Jonny"]),
        ("Mrs Marsh, Mr Boyle", ["Mrs Marsh", "Mr Boyle"]),
        ("Helen Marsh, headteacher", ["Helen Marsh, headteacher"]),
        ("Helen Marsh, headteacher, Steven Boyle", ["Helen Marsh, headteacher", "Steven Boyle"]),
        ("headteacher, DSL", ["headteacher", "DSL"]),
        ("the headteacher and the chair of governors", ["the headteacher", "the chair of governors"]),
        ("1. Lily Chen\r\n- Noah Chen\n\n • Jonny Smith", ["Lily Chen", "Noah Chen", "Jonny Smith"]),
        ("n/a", []),
        ("None\n-\n?\n", []),
        ("", []),
        ("someone I do not know", ["someone I do not know"]),
    ],
)
def test_lines_come_apart_where_clearly_several(text: str, lines: list[str]) -> None:
    assert [match.typed for match in match_lines(PEOPLE, text, stated="unknown", year=None)] == lines


def test_a_very_long_answer_is_searched_and_soon() -> None:
    began = time.monotonic()
    text = "nobody here\n" * 70_000 + "it was Steven Boyle who did it\n"
    matches = match_lines(PEOPLE, text, stated="unknown", year=None)
    assert "Steven Boyle" in _possible(matches[-1])
    assert len(matches) == 101
    assert time.monotonic() - began < 60, "a worker must not be held up by one long answer"


# --- whatever is typed ---

NAMES = [*(p.name for p in PEOPLE.pupils[-30:]), *(p.name for p in ADULTS)]
PIECES = st.sampled_from(
    [
        *NAMES,
        "Mr",
        "Mrs",
        "Boyle",
        "headteacher",
        "7A",
        "Year 9",
        "(9B)",
        ",",
        ";",
        " and ",
        "\n",
        "-",
        "’",
        "O'",
        "Lily",
    ]
)
TYPED = st.one_of(
    st.text(max_size=80), st.lists(PIECES, max_size=6).map(" ".join), st.lists(PIECES, max_size=4).map("".join)
)
NOT_OF_A_NAME = {*TITLES, "in", "from", "of", "year", "yr", "y", "form", "class", "tutor", "group"}


def _is_exactly(typed: str, who: Pupil | Person) -> bool:
    """Said another way than the matcher does: but for titles and year, just the words of the name, or of a role."""
    words = [word for word in fold(typed).split() if word not in NOT_OF_A_NAME and not word[0].isdigit()]
    firsts = {who.first_name, who.preferred_name if isinstance(who, Pupil) else ""} - {""}
    if any(sorted(words) == sorted(fold(f"{first} {who.last_name}").split()) for first in firsts):
        return True
    if isinstance(who, Pupil):
        return False
    own = {*fold(who.name).split(), *TITLES}
    beside = tuple(word for word in fold(typed).split() if word not in own)
    return who in (*held_by_title(PEOPLE, beside), *held_by_title(PEOPLE, tuple(w for w in beside if w != "the")))


@settings(max_examples=300, deadline=None)
@given(TYPED, st.sampled_from(STATED), st.one_of(st.none(), st.integers(7, 11)))
@example("HEAD", "pupil", None)
def test_whatever_is_typed_never_fails_and_only_an_exact_name_links(
    text: str, stated: Stated, year: int | None
) -> None:
    for match in match_lines(PEOPLE, text, stated=stated, year=year):
        assert match.typed in " ".join(text.splitlines()) or match.typed in text
        assert len(set(match.possible)) == len(match.possible)
        if match.found is None:
            continue
        assert _is_exactly(match.typed, match.found) or PEOPLE.by_email(match.typed) == match.found
        assert match.kind == ("pupil" if isinstance(match.found, Pupil) else "adult")
        typed_year = read_name(match.typed).year
        if isinstance(match.found, Pupil):
            assert year in (None, match.found.year)
            assert typed_year in (None, match.found.year)


@given(st.sampled_from(ADULTS), st.sampled_from(["Mr {}", "Mrs {}", "{}", "Miss {} (maths)", "that {} again"]))
def test_an_adult_is_thinkable_by_surname_however_it_is_said(adult: Person, said: str) -> None:
    match = match_adult(PEOPLE, said.format(adult.last_name))
    assert adult in (match.found, *match.possible)


@given(st.sampled_from(PEOPLE.pupils))
def test_every_pupil_is_found_by_full_name_and_form_unless_another_shares_them(pupil: Pupil) -> None:
    same = [p for p in PEOPLE.pupils if (fold(p.name), p.form) == (fold(pupil.name), pupil.form)]
    match = match_pupil(PEOPLE, f"{pupil.name} {pupil.form}", year=pupil.year)
    assert match.found == (pupil if len(same) == 1 else None)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# --- the directory ---


def test_the_directory_holds_the_school() -> None:
    assert [len(p) for p in (PEOPLE.staff, PEOPLE.governors, PEOPLE.outside, PEOPLE.pupils)] == [30, 10, 7, 223]
    lily = PEOPLE.pupil("z900000000002")
    assert lily is not None
    assert (lily.name, lily.year, lily.form, lily.send) == ("Lily Chen", 7, "7A", "K")
    assert [carer.email for carer in lily.carers] == ["carer1.0002@family.example", "carer2.0002@family.example"]
    assert all(carer.contact for carer in lily.carers)
    assert PEOPLE.pupil("nobody") is None


def test_holders_are_the_available_ones_in_file_order() -> None:
    assert [p.name for p in PEOPLE.holders("deputy-dsl")] == ["Imran Sheikh", "Beth Norcross"]
    assert PEOPLE.holders("counsellor") == ()  # Mei Lin is not available
    assert [p.email for p in PEOPLE.holders("lado")] == ["lado@council.example"]
    assert PEOPLE.holders("astronaut") == ()


def test_a_shared_mailbox_has_readers() -> None:
    mailbox = PEOPLE.by_email("Safeguarding@Northbridge.example")
    assert mailbox is not None
    assert [p.name for p in PEOPLE.readers(mailbox)] == ["Ruth Calder", "Imran Sheikh", "Beth Norcross"]
    assert PEOPLE.readers(PEOPLE.staff[0]) == ()


def test_someone_on_two_lists_is_one_person_with_all_their_roles() -> None:
    governors = GOVERNORS + "Helen,Marsh,HEAD@northbridge.example,governor,yes\n"
    people = read_directory(STAFF, governors, OUTSIDE, PUPILS)
    head = people.by_email("head@northbridge.example")
    assert head is not None
    assert head.roles == ("headteacher", "governor")
    assert people.governors[-1] == head
    assert [p for p in people.everyone() if p.key == head.key] == [head]
    assert match_adult(people, "Helen Marsh").found == head


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",Lee,b@school.example,teacher,yes,", "staff.csv line 3: first_name is blank: write the name"),
        ("Bo,Lee,b.school.example,teacher,yes,", "staff.csv line 3: email is not an email address: write one such as"),
        (
            "Bo,Lee,A.Lee@school.example,teacher,yes,",
            "line 3: the same email as staff.csv line 2: give each person one",
        ),
        ("Bo,Lee,b@school.example,,yes,", "line 3: roles is blank: write at least one role, such as teacher"),
        (
            "Bo,Lee,b@school.example,Deputy DSL,yes,",
            'the role "Deputy DSL" is not written like a role: write deputy-dsl',
        ),
        ("Bo,Lee,b@school.example,teacher,maybe,", 'line 3: available is "maybe": write yes or no'),
        ("Bo,Lee,b@school.example,inbox,yes,gone@school.example", "line 3: read_by must name people of staff.csv or"),
        ("Bo,Lee,b@school.example,teacher,yes,,,x", "line 3: 8 cells under 6 columns"),
    ],
)
def test_a_mistake_in_the_staff_list_is_said(row: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"line \d") as stopped:
        read_directory(ONE + row + "\n", "", "", "")
    assert message in str(stopped.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",Ada,Stone,,9,9B,N,,,", "pupils.csv line 2: upn is blank: write the unique pupil number"),
        ("Z1,Ada,Stone,,nine,9B,N,,,", 'line 2: year is "nine": write the year group as a number, such as 7, or R'),
        ("Z1,Ada,Stone,,99,9B,N,,,", 'line 2: year is "99"'),
        ("Z1,Ada,Stone,,9,9B,X,,,", 'line 2: send is "X": write N (none), K (support) or E (plan)'),
        ("Z1,Ada,Stone,,9,9B,N,,carer@family.example,", 'line 2: carer1_contact is "": write yes or no'),
        ("Z1,Ada,Stone,,9,9B,N,,carer,yes", "line 2: carer1_email is not an email address"),
        ("Z1,Ada,Stone,,9,9B,N,,,\nz1,Bo,Stone,,9,9B,N,,,", "line 3: the same upn as on line 2"),
    ],
)
def test_a_mistake_in_the_pupil_list_is_said_without_naming_the_pupil(row: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"line \d") as stopped:
        read_directory(ONE, "", "", PUPIL_HEADING + row + "\n")
    assert message in str(stopped.value)
    assert not any(personal in str(stopped.value) for personal in ("Ada", "Stone", "Z1", "family.example"))


def test_all_four_files_are_read_before_stopping() -> None:
    with pytest.raises(ValueError, match=r"line \d") as stopped:
        read_directory("name\nx\n", GOVERNORS + "x\n", "name,email,role\nLADO,lado,lado\n", "upn\nZ1\n")
    text = str(stopped.value)
    assert all(f"{name} line" in text for name in ("staff.csv", "governors.csv", "outside-bodies.csv", "pupils.csv"))


def test_a_school_without_staff_is_refused() -> None:
    with pytest.raises(ValueError, match=r"staff\.csv names nobody"):
        read_directory("", "", "", "")


def test_a_carer_who_must_not_be_contacted_is_kept_as_such() -> None:
    (pupil,) = _with_pupils("Z1,Ada,Stone,,R,Oak,,Adopted,Carer@Family.example,no").pupils
    assert (pupil.year, pupil.send, pupil.notes) == (0, "N", "Adopted")
    assert [(carer.email, carer.contact) for carer in pupil.carers] == [("carer@family.example", False)]
