"""Drafts that what has happened since leaves behind: done in another way, or no longer true. They are taken back."""

from __future__ import annotations

from dataclasses import replace

from rules.engine.model.effects import Notice
from rules.engine.model.situation import CaseFile
from rules.engine.proposing.make import Making


def take_back_overtaken(making: Making, before: CaseFile) -> None:
    """Take back each waiting draft whose text says that what has just happened leaves it behind.

    A letter that records what happens once it goes out is left behind where somebody records that by hand: it went out
    in another way. What waits for a family stays, for what was recorded may have been about another child.
    """
    news = {happening.what for happening in making.case.happenings if happening not in before.happenings}
    released = {effect.key for effect in making.effects if isinstance(effect, Notice) and effect.status == "sent"}
    for draft in before.notices.values():
        if draft.status != "draft" or draft.family or draft.key in released:
            continue
        left_behind = sorted(news & _leave_behind(making, draft))
        if left_behind:
            because = f"“{left_behind[0]}” was recorded: the letter went out in another way, or is out of date."
            making.effects.append(replace(draft, status="withdrawn", because=because))


def _leave_behind(making: Making, draft: Notice) -> set[str]:
    template = making.policies.vocabulary.templates[draft.template]
    return {*template.overtaken_by, *([template.records] if template.records else [])}
