"""What can be shown of rules beside their guarantees, in words: idle rules, twins, what two versions do otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules import Difference, Policies, always_together, differences, never_apply
from service.flows.broken import answers_in_words


def findings(policies: Policies) -> Iterator[str]:
    """Rules that can never apply, and pairs that always apply together: for whoever keeps the rules, no mistakes."""
    for rule in never_apply(policies):
        yield f"{rule.id} can never apply: {rule.title} ({rule.file}, line {rule.line})."
    groups: list[dict[str, str]] = []
    for one, other in always_together(policies):
        pair = {one.id: one.title, other.id: other.title}
        same = next((group for group in groups if group.keys() & pair.keys()), None)
        if same is None:
            groups.append(pair)
        else:
            same.update(pair)
    for group in groups:
        yield "Always apply together, and could be one rule: " + "; ".join(
            f"{id_} {said}" for id_, said in group.items()
        )


def otherwise(old: Policies, new: Policies) -> Iterator[str]:
    """Which submissions the new version treats otherwise than the old one, with an example of each kind.

    What several effects have in common is said once: the same form shows them together.
    """
    kinds: dict[tuple[object, ...], list[Difference]] = {}
    for one in differences(old, new):
        kinds.setdefault((one.event, one.form, one.beside), []).append(one)
    beside = list(_beside_rules(old, new))
    if not kinds and not beside:
        yield "Every submission is treated as by the shipped rules."
        return
    yield from beside
    if not kinds:
        yield "No rule leads to anything else than the shipped rules do."
        return
    yield "These submissions would be treated otherwise than by the shipped rules:"
    for ones in kinds.values():
        first = ones[0]
        yield f"  {first.event}, for instance" + (f" where the form {first.form.form} says:" if first.form.form else "")
        yield from (f"      {line}" for line in answers_in_words(first.form))
        if first.beside:
            yield f"    and it is so that: {'; '.join(first.beside)}"
        for one in ones:
            yield f"    {'now' if one.added else 'no longer'}  {one.what} ({', '.join(one.rules)})"


def _beside_rules(old: Policies, new: Policies) -> Iterator[str]:
    """What stands otherwise in settings, clocks, texts and the words for people."""
    for kind, was, now in (
        ("setting", _said(old.settings), _said(new.settings)),
        ("clock", _clocks(old), _clocks(new)),
        ("text", _texts(old), _texts(new)),
        ("phrase", _people(old), _people(new)),
    ):
        for name in dict.fromkeys((*was, *now)):
            before, after = was.get(name), now.get(name)
            if before == after:
                continue
            if before is None or after is None:
                yield f'The {kind} "{name}" is {"new" if before is None else "gone"}.'
            elif kind == "text":
                yield f'The text "{name}" reads otherwise.'
            else:
                yield f'The {kind} "{name}": {after}, instead of {before}.'


def _said(values: Mapping[str, int | str]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _clocks(policies: Policies) -> dict[str, str]:
    return {
        f"{clock.id} {clock.title}": f"{clock.due.text}, the duty of the {clock.duty_of}, done when "
        f"{' or '.join(clock.done_when)}, if missed: {', '.join(clock.if_missed) or 'nobody'}"
        for procedure in policies.procedures.values()
        for stage in procedure.stages
        for clock in stage.deadlines
    }


def _texts(policies: Policies) -> dict[str, str]:
    texts = policies.vocabulary.templates.values()
    return {text.name: f"{text.subject} {' '.join(text.body.split())} {text.held_by} {text.records}" for text in texts}


def _people(policies: Policies) -> dict[str, str]:
    return {
        phrase: ", then ".join((who.role or who.relation or "", *who.then)) + (", outside" if who.outside else "")
        for phrase, who in policies.vocabulary.audiences.items()
    }
