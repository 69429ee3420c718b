"""How many harmful edits to the shipped rules are refused: ``python -m tests.rules.mutations [how many] [seed]``.

An edit is made at random, as somebody might make it by mistake: in a rule file a rule or an effect dropped, a test
flipped or weakened, a role swapped, a withhold or an urgency removed, a number changed; in another file a phrase that
means somebody else, a question less (``mutations_of_files``). It is refused if the files can no longer be read, if
``check`` finds a mistake (the rules' own examples among them), or if a guarantee is broken. An edit after which z3
finds that every submission is treated as before is no harm and not counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

import yaml

from rules import RuleFilesError, check, differences, shipped_texts
from rules.engine.model.policy import Policies
from rules.engine.proving.prove import Broken, proofs
from rules.engine.reading.document import read
from rules.engine.rulebook import parse as parsing
from rules.engine.rulebook.parse import parse
from tests.rules.mutations_of_files import OF_A_FILE, NotHere, chosen, later, standing

Rule = dict[str, Any]
EFFECTS = ("notify", "task", "calendar", "letter", "withhold", "flag", "open case", "record")
PEOPLE = ("notify", "for", "to", "from", "lifted only by")
TESTS = (("is not ", "is "), ("is ", "is not "), ("does not include ", "includes "), ("includes ", "does not include "),
         ("at least ", "at most "), ("at most ", "at least "))  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One harmful edit and what refused it: ``reading``, ``check``, a guarantee's id, or "" where nothing did."""

    kind: str
    what: str
    refused_by: str


# --- places -------------------------------------------------------------------------------------------------------


def conditions(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every test under ``when``: the table that holds it, and its key."""
    if isinstance(node, list):
        for item in node:
            yield from conditions(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("all of", "any of", "none of"):
                yield from conditions(value)
            else:
                yield node, key


def groups(node: Any) -> Iterator[tuple[Any, str]]:
    """Every ``all of`` and ``any of`` under ``when``."""
    for item in node if isinstance(node, list) else [node]:
        for key, value in item.items():
            if key in ("all of", "any of"):
                yield item, key
                yield from groups(value)


# --- edits of one rule --------------------------------------------------------------------------------------------


def drop_effect(rule: Rule, random: Random, words: Words) -> str:
    if len(rule["then"]) < 2:
        raise NotHere
    gone = rule["then"].pop(random.randrange(len(rule["then"])))
    return f"without {gone}"


def drop_withhold(rule: Rule, random: Random, words: Words) -> str:
    gone = chosen(random, [effect for effect in rule["then"] if "withhold" in effect])
    rule["then"].remove(gone)
    return f"without {gone}"


def flip(rule: Rule, random: Random, words: Words) -> str:
    table, key = chosen(random, conditions(rule.get("when", [])))
    text = table[key]
    new = next((other + text.removeprefix(test) for test, other in TESTS if text.startswith(test)), None)
    if new is None:
        raise NotHere
    table[key] = new
    return f"{key}: {new}"


def forget_a_word(rule: Rule, random: Random, words: Words) -> str:
    tests = [(t, k) for t, k in conditions(rule.get("when", [])) if " or " in t[k] and not t[k].startswith("at ")]
    table, key = chosen(random, tests)
    pieces = table[key].split(" or ")
    head = next(test for test, _ in TESTS if table[key].startswith(test))
    pieces[0] = pieces[0].removeprefix(head)
    pieces.pop(random.randrange(len(pieces)))
    table[key] = head + " or ".join(pieces)
    return f"{key}: {table[key]}"


def all_for_any(rule: Rule, random: Random, words: Words) -> str:
    table, key = chosen(random, groups(rule.get("when", {})))
    other = "any of" if key == "all of" else "all of"
    table[other] = table.pop(key)
    return f"{other} for {key}"


def drop_a_part(rule: Rule, random: Random, words: Words) -> str:
    table, key = chosen(random, groups(rule.get("when", {})))
    if len(table[key]) < 2:
        raise NotHere
    return f"{key} without {table[key].pop(random.randrange(len(table[key])))}"


def drop_when(rule: Rule, random: Random, words: Words) -> str:
    if "when" not in rule:
        raise NotHere
    return f"without when: {rule.pop('when')}"


def swap_a_role(rule: Rule, random: Random, words: Words) -> str:
    places = [(effect, key) for effect in rule["then"] for key in PEOPLE if key in effect]
    effect, key = chosen(random, places)
    if isinstance(effect[key], list):
        at = random.randrange(len(effect[key]))
        before = effect[key][at]
        effect[key][at] = after = random.choice([a for a in words.audiences if a != before])
    else:
        before = effect[key]
        effect[key] = after = random.choice([a for a in words.audiences if a != before])
    return f"{key}: {after} for {before}"


def tell_one_less(rule: Rule, random: Random, words: Words) -> str:
    effect = chosen(random, [e for e in rule["then"] if isinstance(e.get("notify"), list) and len(e["notify"]) > 1])
    return f"does not notify {effect['notify'].pop(random.randrange(len(effect['notify'])))}"


def other_lifts(rule: Rule, random: Random, words: Words) -> str:
    effect = chosen(random, [effect for effect in rule["then"] if "lifted only by" in effect])
    before = effect["lifted only by"]
    effect["lifted only by"] = after = random.choice([a for a in words.audiences if a != before])
    return f"lifted only by {after}"


def not_urgent(rule: Rule, random: Random, words: Words) -> str:
    chosen(random, [effect for effect in rule["then"] if "urgent" in effect]).pop("urgent")
    return "not urgent"


def other_number(rule: Rule, random: Random, words: Words) -> str:
    tests = [(t, k) for t, k in conditions(rule.get("when", [])) if t[k].startswith(("at least", "at most"))]
    dues = [(e, key) for e in rule["then"] for key in ("due", "on") if key in e]
    table, key = chosen(random, tests + dues)
    before = table[key]
    if before == "same school day":
        table[key] = f"within {random.choice((2, 5, 20))} school days"
    elif (table, key) in dues:
        table[key] = later(before, random)
    else:
        number = next((word for word in before.split() if word.isdecimal()), "pattern count")
        more = int(number) if number.isdecimal() else 3
        table[key] = before.replace(number, str(more + random.choice((1, 2, 7))), 1)
    return f"{key}: {table[key]} for {before}"


def other_event(rule: Rule, random: Random, words: Words) -> str:
    rule["on"] = random.choice([event for event in words.events if event != rule["on"]])
    return f"on {rule['on']}"


OF_A_RULE: dict[str, Callable[[Rule, Random, Words], str]] = {
    "an effect dropped": drop_effect,
    "a withhold removed": drop_withhold,
    "a test flipped": flip,
    "a word forgotten": forget_a_word,
    "all for any": all_for_any,
    "a part dropped": drop_a_part,
    "no condition left": drop_when,
    "a role swapped": swap_a_role,
    "one less told": tell_one_less,
    "another lifts a hold": other_lifts,
    "no longer urgent": not_urgent,
    "a number changed": other_number,
    "another event": other_event,
}
KINDS = (*OF_A_RULE, *OF_A_FILE, "a rule dropped")


# --- one edit -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """The shipped files, and the words that an edit may put in the place of others."""

    texts: dict[str, str]
    policies: Policies

    @property
    def audiences(self) -> tuple[str, ...]:
        return tuple(self.policies.vocabulary.audiences)

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(sorted(self.policies.vocabulary.events))


def edited(words: Words, kind: str, random: Random) -> tuple[dict[str, str], str]:
    """The files with one edit of this kind, and what it was; NotHere where the place chosen has nothing of the kind."""
    wanted, edit = OF_A_FILE.get(kind, ("", None))
    files = [name for name, text in words.texts.items() if (wanted in name if wanted else text_is_rules(text))]
    name = random.choice(files)
    root = yaml.load(words.texts[name], Loader=yaml.CBaseLoader)  # noqa: S506  text, lists and mappings only
    if edit is not None:
        what = edit(root, random, words.policies)
    else:
        at = random.randrange(len(root))
        rule = root[at]["rule"]
        what = f"{rule}: " + ("dropped" if kind == "a rule dropped" else OF_A_RULE[kind](root[at], random, words))
        if kind == "a rule dropped":
            del root[at]
    text = yaml.dump(root, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=10_000)
    return {**words.texts, name: text}, what


def text_is_rules(text: str) -> bool:
    return text.lstrip().startswith("- rule:") or "\n- rule:" in text


def refused_by(texts: dict[str, str]) -> tuple[str, Policies | None]:
    """What refuses these files, and what they are if they can be read."""
    try:
        policies = parse(texts)
    except RuleFilesError:
        return "reading", None
    if check(policies):
        return "check", policies
    return next((proof.guarantee.id for proof in proofs(policies) if isinstance(proof, Broken)), ""), policies


def harms(old: Policies, new: Policies) -> bool:
    """Whether anything is done otherwise: what rules lead to, or what stands in the other files."""
    return standing(old) != standing(new) or bool(differences(old, new))


@contextmanager
def files_read_once() -> Iterator[None]:
    """The files that an edit leaves alone are not read from text again."""
    with patch.object(parsing, "read", lru_cache(maxsize=64)(read)):
        yield


def edits(count: int, seed: int) -> Iterator[Edit]:
    """So many harmful edits, the kinds in turn; the same ones for the same seed."""
    random = Random(seed)
    texts = shipped_texts()
    seen: set[tuple[str, str]] = set()
    with files_read_once():
        words = Words(texts, parse(texts))
        made = turn = 0
        while made < count:
            kind = KINDS[turn % len(KINDS)]
            turn += 1
            for _ in range(50):
                try:
                    changed, what = edited(words, kind, random)
                except NotHere:
                    continue
                if (kind, what) in seen:
                    continue
                seen.add((kind, what))
                by, policies = refused_by(changed)
                if not by and policies is not None and not harms(words.policies, policies):
                    continue
                made += 1
                yield Edit(kind, what, by)
                break


def main(count: int = 500, seed: int = 20260901) -> int:
    """Print the figure; 1 where less than 99 % are refused."""
    found = list(edits(count, seed))
    missed = [edit for edit in found if not edit.refused_by]
    by = Counter(
        edit.refused_by if edit.refused_by in ("reading", "check") else "a guarantee"
        for edit in found
        if edit.refused_by
    )
    print(f"{len(found)} harmful edits, {len(found) - len(missed)} refused: {1 - len(missed) / len(found):.1%}")
    print(", ".join(f"by {who}: {number}" for who, number in by.most_common()))
    for kind in KINDS:
        of_kind = [edit for edit in found if edit.kind == kind]
        print(f"  {kind:<26} {sum(bool(edit.refused_by) for edit in of_kind):>4} of {len(of_kind)}")
    for edit in missed:
        print(f"  not refused: {edit.kind}: {edit.what}")
    return int(len(missed) > 0.01 * len(found))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
