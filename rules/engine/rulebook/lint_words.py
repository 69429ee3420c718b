"""What is wrong with words, texts, forms and clocks when they are seen together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rules.engine.model.form import Form
from rules.engine.model.policy import Audience, DeadlineSpec, Policies, Stage
from rules.engine.reading.places import mistake
from rules.engine.reading.problem import Problem
from rules.engine.school.directory import Directory
from rules.engine.wording.letters import GAPS, gaps_of, write

NEEDED_SETTINGS = ("acknowledge within", "clear days of notice", "hearing within", "hearing minutes", "pattern count")
NEEDED_TEMPLATES = (
    "alert_again", "alert_not_delivered", "case_notice", "deadline_missed", "deadline_moved", "deadline_reminder",
    "flag_raised", "hearing_days", "new_dates", "not_placed", "say_of_whom",
)  # fmt: skip
NEEDED_PEOPLE = (
    "designated safeguarding lead", "deputy designated safeguarding lead", "headteacher", "clerk to governors",
    "safeguarding team", "behaviour team", "case manager", "complaint handler", "reporter", "complainant",
    "panel members",
)  # fmt: skip
IN_A_SUBJECT = frozenset({"case", "school", "role"})
"""What the subject of a message may speak of (I1): a mailbox shows it to whoever passes by."""

NEEDED_ANSWERS = {
    "report received": ("targeted", "reported"),
    "complaint received": ("complained about", "complainant"),
    "update recorded": ("case reference", "what happened"),
    "contact logged": ("case reference",),
}
"""What the engine itself asks for, by name: what a form must keep or feed for its event to be understood."""

_SAMPLE: dict[str, object] = dict.fromkeys(GAPS, "words") | {
    "tasks": [("Do it", "today")],
    "decisions": ["which way"],
    "blanks": ["what"],
    "cases": [("B-2026-0001", "its address")],
    "address_of": defaultdict(lambda: "an address"),
    "by": defaultdict(lambda: "a day"),
    "meets": defaultdict(lambda: "a day and time"),
}


def needs(policies: Policies) -> Iterator[Problem]:
    """What the software itself cannot do without: some settings, texts and people."""
    words = policies.vocabulary
    for kind, needed, found in (
        ("setting", NEEDED_SETTINGS, policies.settings),
        ("text", NEEDED_TEMPLATES, words.templates),
        ("person or group", NEEDED_PEOPLE, words.audiences),
    ):
        for name in needed:
            if name not in found:
                what = f'No {kind} is called "{name}", which the software itself needs.'
                yield Problem(_file_of(policies, kind), 1, 1, what, f'Add "{name}:" again.')


def _file_of(policies: Policies, kind: str) -> str:
    end = {"setting": "settings.yaml", "text": "templates.yaml"}.get(kind, "vocabulary.yaml")
    return next((name for name in policies.texts if name.endswith(end)), end)


def texts(policies: Policies) -> Iterator[Problem]:
    """Each text is written once: gaps that nobody fills, brackets that do not close, people who do not exist."""
    words = policies.vocabulary
    for template in words.templates.values():
        yield from _gaps(policies, template.name)
        if template.held_by is not None and template.held_by not in words.audiences:
            what = f'"{template.name}" is held by "{template.held_by}", and nobody here is called that.'
            yield mistake(policies, template.file, template.line, what, "Name somebody of the vocabulary's people.")
        said = [("records", template.records)] if template.records is not None else []
        for does, happening in (*said, *(("is overtaken by", one) for one in template.overtaken_by)):
            if happening not in words.happenings:
                what = f'"{template.name}" {does} "{happening}", and nothing on a case is called that.'
                instead = "Name something of the vocabulary's happenings."
                yield mistake(policies, template.file, template.line, what, instead)


def _gaps(policies: Policies, name: str) -> Iterator[Problem]:
    template = policies.vocabulary.templates[name]
    where = template.file, template.line
    for part, text, known in (("subject", template.subject, IN_A_SUBJECT), ("body", template.body, GAPS)):
        try:
            unknown = sorted(gaps_of(text) - known)
        except ValueError as error:
            what = f'The {part} of "{name}" cannot be read: {error}'
            yield mistake(
                policies, *where, what, "Write each gap as {{ case }}, with two brackets on each side.", word=name
            )
            return
        for gap in unknown:
            what = f'The {part} of "{name}" speaks of "{gap}", which nothing fills.'
            if gap in GAPS:
                what = f'The {part} of "{name}" speaks of "{gap}", and subjects are read by whoever sees the screen.'
            yield mistake(policies, *where, what, f"A {part} may speak of: {', '.join(sorted(known))}.", word=name)
        if unknown:
            return
    try:
        write(template, _SAMPLE)
    except ValueError as error:
        yield mistake(policies, *where, str(error), "Write a gap alone between its brackets: {{ case }}.", word=name)


def keeps(policies: Policies) -> Iterator[Problem]:
    """Forms that do not ask for what their event cannot be understood without."""
    for form in policies.forms.values():
        names = {question.name for question in form.questions}
        for name in NEEDED_ANSWERS.get(form.event, ()):
            if name not in names:
                yield _not_asked(policies, form, name)
        if form.event not in NEEDED_ANSWERS:
            what = f'The form "{form.name}" cannot be read as "{form.event}".'
            instead = f"A form is one of: {', '.join(NEEDED_ANSWERS)}."
            yield mistake(policies, form.file, form.line, what, instead)


def _not_asked(policies: Policies, form: Form, name: str) -> Problem:
    what = f'No question of "{form.name}" is for "{name}", without which "{form.event}" cannot be understood.'
    return mistake(policies, form.file, form.line, what, f'Write "keeps: {name}" or "feeds: {name}" on its question.')


def clocks(policies: Policies) -> Iterator[Problem]:
    """Stages that nothing opens or shows, clocks that nothing stops, reminders that come too early."""
    for procedure in policies.procedures.values():
        seen: set[str] = set()
        for stage in procedure.stages:
            yield from _stage(policies, stage, seen)
            seen.add(stage.name)


def _stage(policies: Policies, stage: Stage, seen: Iterable[str]) -> Iterator[Problem]:
    where = stage.file, stage.line
    if stage.name in seen:
        yield mistake(policies, *where, f'Two stages are called "{stage.name}".', "Give each its own name.")
    if not stage.opens_when and not stage.alongside:
        what = f'Nothing opens the stage "{stage.name}".'
        yield mistake(policies, *where, what, "Add `opens when:` with what happens on the case.")
    yield from _shown(policies, stage)
    for clock in stage.deadlines:
        yield from _clock(policies, clock)


def _shown(policies: Policies, stage: Stage) -> Iterator[Problem]:
    """Each clock is expected on a day by an example of its stage."""
    if stage.deadlines and not stage.examples:
        what = f'Stage "{stage.name}" has deadlines and no example.'
        instead = "Add one under `examples:`, with what happened (`given:`) and the days that follow (`expect:`)."
        yield mistake(policies, stage.file, stage.line, what, instead, word=f"stage: {stage.name}")
        return
    shown = {one.id for example in stage.examples for one in example.expect if any(due for due, _ in one.turns)}
    for clock in stage.deadlines:
        if clock.id not in shown:
            what = f'No example of stage "{stage.name}" says on which day "{clock.id}" is due.'
            instead = f"Add it to an `expect:`, as `{clock.id}: 2026-10-13`."
            yield mistake(policies, clock.file, clock.line, what, instead, word=clock.id)


def _clock(policies: Policies, clock: DeadlineSpec) -> Iterator[Problem]:
    where = clock.file, clock.line
    if not clock.done_when:
        what = f'Nothing stops the clock "{clock.id}".'
        yield mistake(policies, *where, what, "Add `done when:` with what people record.", word=clock.id)
    if clock.remind is not None and clock.due.unit == "school days" and clock.remind >= clock.due.count:
        what = f'The reminder of "{clock.id}" would come before its clock has started.'
        instead = f"Remind fewer than {clock.due.count} school days before."
        yield mistake(policies, *where, what, instead, word=clock.id)


def roles(policies: Policies, directory: Directory) -> Iterator[Problem]:
    """People whom rules, clocks or texts name and whose role nobody of the school holds just now."""
    audiences = policies.vocabulary.audiences
    named = {phrase for rule in policies.rules for spec in rule.then for phrase in (*spec.to, spec.lifted_by)}
    named |= {template.held_by for template in policies.vocabulary.templates.values()}
    for procedure in policies.procedures.values():
        for clock in (clock for stage in procedure.stages for clock in stage.deadlines):
            named |= {clock.duty_of, *clock.if_missed}
    for audience in audiences.values():
        if audience.phrase in named and audience.role is not None and not directory.holders(audience.role):
            yield _unheld(policies, audience, directory)


def _unheld(policies: Policies, audience: Audience, directory: Directory) -> Problem:
    # "chair through clerk" is the chair, reached by way of the clerk.
    stand_ins = (step for step in audience.then if directory.holders(step.split(" through ")[0]))
    instead = next(stand_ins, None)
    meanwhile = f"until then the {instead.replace('-', ' ')} gets it" if instead else "until then nobody gets it"
    what = f'Nobody in the school\'s lists is {audience.phrase} (role "{audience.role}").'
    where = "outside-bodies.csv" if audience.outside else "staff.csv or governors.csv"
    return mistake(
        policies, audience.file, audience.line, what, f"Give somebody the role in {where}; {meanwhile}.",
        word=audience.phrase,
    )  # fmt: skip
