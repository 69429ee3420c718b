"""How long a decision takes: for each rule, with durable-rules and without, and as a whole with what is shipped."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from cryptography.fernet import Fernet

from rules import Policies, Reference, decide, load, side_by_side
from rules.engine.matching.compile import SideBySide
from rules.engine.matching.normal_form import normal_form
from rules.engine.model.situation import Situation
from service.demo.place import Place
from service.demo.samples import blank_question
from service.flows.events import understand, year_of
from service.school import School
from service.store import Cipher, NewSubmission, Store
from tests.benchmarks.row import Row
from tests.benchmarks.turns import in_turns
from tests.rules.strategies import answers, rule_set

SIZES = (20, 100, 500)
ROUNDS, LOADS = 30, 8
MICRO = 1e6


def measure(place: Place) -> list[Row]:
    """The rows of the table; it takes a few seconds."""
    policies = load()
    found = [row for size in SIZES for row in _for_each_rule(policies, size)]
    rules, matcher = len(policies.rules), side_by_side(policies)
    alone = Reference({rule.id: rule for rule in policies.rules})
    situation = _situation(policies, place.school)
    whole, without = in_turns(
        lambda _: decide(policies, matcher, situation), lambda _: decide(policies, alone, situation), ROUNDS
    )
    facts = answers(Random(1), policies.vocabulary.facts)
    both, reference = in_turns(lambda _: matcher.matching(facts), lambda _: alone.matching(facts), ROUNDS)
    each = both / rules * MICRO
    found.append(
        Row(f"match the {rules} shipped rules, each", each, "µs", "<= 20", each <= 20, reference / rules * MICRO)
    )
    found.append(Row("the whole decision on a report", whole * 1e3, "ms", baseline=without * 1e3))
    return found


def _for_each_rule(policies: Policies, size: int) -> tuple[Row, Row]:
    facts, random = policies.vocabulary.facts, Random(size)
    conditions = rule_set(random, facts, size, depth=1)
    loaded, written = in_turns(
        lambda _: SideBySide(conditions, facts).close(),
        lambda _: [normal_form(rule, when) for rule, when in conditions.items()],
        LOADS,
    )
    matcher = SideBySide(conditions, facts)
    given = [answers(random, facts) for _ in range(ROUNDS)]
    ours, reference = in_turns(
        lambda number: matcher.matching(given[number]), lambda number: matcher.by_reference(given[number]), ROUNDS
    )
    matcher.close()
    each = ours / size * MICRO
    return (
        Row(f"load {size} rules, beside their normal forms", loaded * 1e3, "ms", baseline=written * 1e3),
        Row(f"match {size} rules, each", each, "µs", "<= 20", each <= 20, reference / size * MICRO),
    )


def _situation(policies: Policies, school: School) -> Situation:
    """A report as it stands before it is decided."""
    now = datetime.now(UTC)
    sample = blank_question(now.date())
    form = policies.forms[sample.form]
    given = [{"question_id": "", "title": title, "value": value} for title, value in sample.answers.items()]
    store = Store.memory(Cipher([Fernet.generate_key().decode()]), school.id)
    body = {"answers": given, "respondent_email": sample.respondent}
    new = NewSubmission(
        source="form", form_id=form.id, form_title=form.title, response_id="one", received_at=now, submitted_at=now,
        body=body,
    )  # fmt: skip
    with store.write() as tx:
        tx.submissions.add(new)
    with store.read() as tx:
        (submission,) = tx.submissions.undecided(1)
        event = understand(tx, submission, policies, school).event
        refs = tx.cases.next_refs(year_of(now))
    return Situation(
        now=now, event=event, directory=school.directory, calendar=school.calendar, next_refs=refs, school=school.name,
        console=school.console,
    )  # fmt: skip
