"""What releasing a draft and confirming new dates share: no rule speaks, and the rest is as in any decision."""

from __future__ import annotations

from rules.engine.deciding.all_facts import facts_of
from rules.engine.deciding.decide import Decision, move_on
from rules.engine.deciding.last_word import have_the_last_word
from rules.engine.model.policy import Policies
from rules.engine.model.situation import Situation
from rules.engine.proposing.audiences import Audiences
from rules.engine.proposing.make import Making
from rules.engine.wording.explain import explain


def begin(policies: Policies, situation: Situation) -> Making:
    """What is done on the situation's case, nothing of it yet. KeyError where the situation has no case."""
    case = situation.case
    if case is None:
        raise KeyError("case")
    return Making(policies, situation, case, Audiences(policies.vocabulary, situation.directory, case))


def decided(making: Making) -> Decision:
    """What follows from it: stage and clocks are brought up to what has happened, and the guards have the last word."""
    policies, situation = making.policies, making.situation
    facts = facts_of(policies, situation)
    procedure = policies.procedure_of(making.case.track)
    if procedure is not None:
        move_on(making, procedure, facts)
    have_the_last_word(making, situation.case)
    effects = tuple(making.effects)
    why_so = explain(policies, (), facts, effects, making.notes)
    return Decision((making.case,), effects, why_so, policies.version, situation.calendar.version)
