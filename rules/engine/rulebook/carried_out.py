"""What the software itself carries out of the policies, besides the rules: clause, way, by what, and what shows it.

A test looks that each part and each test that is named here is there. The scenarios under ``tests/policies`` name their
clauses themselves, so a part that only they show names no test here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["guard", "record", "calendar", "report", "judgement", "deadline"]

_ACCESS = "tests/service/test_access.py::"
_CONSOLE = "tests/service/test_console.py::"
_STORE = "tests/service/test_store.py::"
_PAPER = "tests/service/test_paper_notes.py::"
_REPORT = "tests/service/test_report.py::"
_COPIES = "tests/service/test_copies.py::"
_RETENTION = "tests/service/test_retention.py::"
_RECORDED = "tests/rules/test_recorded.py::"
_ASKED = (f"{_RECORDED}test_what_a_form_asks_is_recorded",)
_RECORD_AND_REPORT: tuple[Way, ...] = ("record", "report")
_BLANK = (f"{_RECORDED}test_what_was_left_blank_is_recorded_as_blank",)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """``by``: each ``module:name``, or ``form:question`` for what a form records. Tests are ``file::test``.

    ``fires`` show that it acts where it must, ``does_not`` that it leaves alone what it must; one may show both.
    """

    clause: str
    way: Way
    by: tuple[str, ...]
    fires: tuple[str, ...] = ()
    does_not: tuple[str, ...] = ()


def _asked(clause: str, form: str, *questions: str) -> CarriedOut:
    """A record that consists of answers to a form."""
    return CarriedOut(clause, "record", tuple(f"{form}:{question}" for question in questions), _ASKED, _BLANK)


def _figures(
    clause: str, fires: str, does_not: str = "test_what_is_not_substantiated_is_in_no_other_table"
) -> CarriedOut:
    """A figure, table or picture of the termly report."""
    return CarriedOut(
        clause, "report", ("service.report.termly:termly",), (f"{_REPORT}{fires}",), (f"{_REPORT}{does_not}",)
    )


CARRIED_OUT: tuple[CarriedOut, ...] = (
    _asked("AB-5a", "bullying-report", "meant to hurt", "first time", "times before"),
    _asked("AB-5b", "bullying-report", "behaviour"),
    _asked("AB-5c", "bullying-report", "medium"),
    _asked("AB-6a", "bullying-report", "kind of bullying"),
    _asked("AB-9e", "bullying-report", "date of the incident"),
    _asked("AB-8d", "case-update", "what happened", "involved", "outcome"),
    _asked("AB-8h", "case-update", "what happened", "involved", "outcome"),
    _asked("AB-9r", "case-update", "what happened", "involved", "outcome"),
    _asked(
        "AB-9l", "bullying-report", "account", "first time", "times before", "targeted", "reported", "place",
        "witnesses", "what the pupil did", "action by others",
    ),
    _asked("CP-2c", "complaint", "channel"),
    _asked("CP-5a", "complaint", "account", "action wanted"),
    _asked("CP-5a", "case-update", "what happened", "upheld"),
    _asked("CP-7b", "case-update", "what happened", "outcome"),
    _asked(
        "CP-F1", "complaint", "complainant", "address", "postcode", "daytime telephone", "evening telephone", "email",
        "account", "action wanted", "date discussed", "discussed with", "result of the discussion", "signed",
        "date signed",
    ),
    CarriedOut(
        "AB-8k", "record", ("service.flows.decide:write",),
        fires=(f"{_STORE}test_chronology_and_audit_are_in_order_of_time",),
        does_not=(f"{_STORE}test_what_raises_leaves_nothing_behind",),
    ),
    CarriedOut(
        "AB-8l",
        "guard",
        ("rules.engine.deciding.last_word:have_the_last_word", "rules.engine.deciding.decide:undecidable"),
    ),
    CarriedOut(
        "AB-8g", "guard", ("rules.engine.intake.guards:after_hold", "rules.engine.deciding.release:refusal"),
        fires=(f"{_ACCESS}test_nothing_goes_to_families_while_that_is_held_and_nothing_to_oneself",),
        does_not=(f"{_ACCESS}test_a_draft_is_released_by_its_holder_or_by_whoever_may_for_others",),
    ),
    CarriedOut("AB-9i", "guard", ("rules.engine.intake.guards:after_hold",)),
    CarriedOut("AB-9j", "guard", ("rules.engine.casework.who_records:refusal",)),
    CarriedOut("AB-9j", "judgement", ("rules.engine.casework.holds:ask_to_decide",)),
    CarriedOut("AB-13b", "report", ("rules.engine.deciding.digest:digest",)),
    CarriedOut("AB-13c", "deadline", ("rules.engine.casework.school_year:dates",)),
    CarriedOut("CP-15a", "deadline", ("rules.engine.casework.school_year:dates",)),
    CarriedOut("CP-2e", "guard", ("rules.engine.intake.guards:kept_out", "rules.engine.proposing.audiences:Audiences")),
    CarriedOut("CP-2g", "guard", ("rules.engine.clocks.procedure:state_of", "rules.engine.casework.changes:carry_out")),
    CarriedOut("CP-2h", "guard", ("rules.engine.deciding.release:refusal",)),
    CarriedOut("CP-3c", "guard", ("rules.engine.casework.changes:taint",)),
    CarriedOut("CP-2f", "record", ("rules.engine.casework.conduct:out_of_order",)),
    CarriedOut("CP-3g", "guard", ("rules.engine.intake.paper:is_on_paper", "service.flows.paper_notes:leave_on_paper"),
        fires=(f"{_PAPER}test_the_text_of_a_note_about_staff_is_nowhere",),
        does_not=(f"{_PAPER}test_the_text_of_a_note_about_the_school_is_kept",),
    ),
    CarriedOut("CP-3g", "record", ("service.flows.paper_notes:leave_on_paper",),
        fires=(f"{_PAPER}test_the_text_of_a_note_about_staff_is_nowhere",),
        does_not=(f"{_PAPER}test_deciding_once_more_changes_nothing",),
    ),
    CarriedOut("CP-3n", "record", ("rules.engine.casework.conduct:out_of_order",)),
    CarriedOut("CP-4a", "guard", ("rules.engine.casework.interviews:hold_back",)),
    CarriedOut("CP-8c", "guard", ("rules.engine.casework.conduct:out_of_order",)),
    CarriedOut("CP-8c", "judgement", ("rules.engine.casework.conduct:out_of_order",)),
    CarriedOut("CP-10a", "record", ("rules.engine.casework.conduct:out_of_order",)),
    CarriedOut("CP-3e", "calendar", ("rules.engine.casework.meetings:plan_meeting",)),
    CarriedOut("CP-3l", "calendar", ("rules.engine.casework.hearing:plan",)),
    CarriedOut("CP-3m", "guard", ("rules.engine.casework.changes:taint",)),
    CarriedOut(
        "CP-5c", "guard", ("service.access:may_see",),
        fires=(f"{_ACCESS}test_a_governor_sees_a_case_only_from_the_panel_or_as_chair_or_clerk_who_was_told",),
        does_not=(f"{_ACCESS}test_a_governor_sees_a_case_only_from_the_panel_or_as_chair_or_clerk_who_was_told",),
    ),
    *(
        CarriedOut(
            "CP-5d", way, ("service.records.copies:draft", "service.records.copies:approve"),
            fires=(
                f"{_COPIES}test_their_own_account_is_in_it_and_nobody_else",
                f"{_COPIES}test_who_asked_and_who_approved_is_written_down",
            ),
            does_not=(
                f"{_COPIES}test_nothing_of_a_safeguarding_case_is_in_it",
                f"{_COPIES}test_who_may_not_see_the_case_gets_no_copy",
            ),
        )
        for way in _RECORD_AND_REPORT
    ),
    CarriedOut(
        "CP-13a", "record", ("service.records.retention:delete", "service.store.erasure:Erasure"),
        fires=(f"{_RETENTION}test_what_is_deleted_is_nowhere_in_the_files_and_what_is_not_stays",),
        does_not=(f"{_RETENTION}test_the_command_shows_first_and_deletes_only_when_told",),
    ),
    CarriedOut(
        "CP-13a", "guard", ("service.records.retention:closed_cases",),
        fires=(
            f"{_RETENTION}test_an_open_or_paused_case_is_never_due",
            f"{_RETENTION}test_what_an_open_case_is_linked_with_stays",
        ),
        does_not=(f"{_RETENTION}test_a_closed_complaint_is_due_the_day_after_its_six_years",),
    ),
    CarriedOut(
        "CP-5e", "guard", ("service.access:may_see", "service.store.decisions:Audit"),
        fires=(
            f"{_ACCESS}test_the_person_complained_about_sees_neither_the_case_nor_anything_to_do_on_it",
            f"{_CONSOLE}test_what_cannot_be_written_down_is_not_shown",
        ),
        does_not=(f"{_ACCESS}test_whoever_was_told_sees_it", f"{_CONSOLE}test_each_read_is_written_down"),
    ),
    CarriedOut("CP-7b", "guard", ("rules.engine.clocks.procedure:clocks",)),
    _figures("AB-4a", "test_the_steps_of_the_ladder_that_a_text_names"),
    _figures("AB-4b", "test_every_part_is_written_for_both", "test_governors_see_no_count_under_five"),
    _figures("AB-6a", "test_every_part_is_written_for_both"),
    _figures("AB-6b", "test_a_prejudice_is_counted_once_however_many_of_its_kinds_were_ticked"),
    _figures("AB-9a", "test_each_case_is_read_as_it_went"),
    _figures("AB-9f", "test_each_case_is_read_as_it_went"),
    _figures("AB-10a", "test_every_part_is_written_for_both"),
    _figures(
        "AB-13a", "test_each_case_is_read_as_it_went", "test_what_is_only_for_leadership_is_not_for_governors"
    ),
    _figures(
        "AB-13c", "test_the_command_writes_both_reports",
        "test_a_term_with_fewer_than_five_looks_to_governors_like_one_without_any",
    ),
    _figures(
        "CP-15a", "test_complaints_are_counted_by_stage_topic_result_and_time",
        "test_a_term_with_fewer_than_five_looks_to_governors_like_one_without_any",
    ),
)  # fmt: skip
