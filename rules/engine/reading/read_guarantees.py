"""Reading guarantees: what must hold for every possible submission, in the words of the rules.

A guarantee has ``on`` (every event, where it is left out) and ``when`` as a rule has, and claims under ``always`` or
``never``. A claim is a line of a rule's ``then`` (``any`` stands for whatever text), or one of these:

``reaches: X``       (never) a notice, letter, task, diary entry or flag comes to a holder of the role X, as the one
                     meant or in somebody's stead; a draft that waits in their mailbox counts too
``reaches only: X``  (always) of such things nothing is addressed to anybody but these
``deadline: CP-3d``  (always) the procedures have that clock, due no later, as ``due`` and ``duty of`` say; just
                     what ``done when`` says stops it, and those of ``if missed`` hear of it
``person: X``        (always) the phrase means the role or relation that ``is`` gives, then those who stand in
``template: t``      (always) the text is ``held by`` that person until it is released, and then ``records`` that
``facts: [f, g]``    (always) the vocabulary guards these facts as ``safety`` and ``sensitivity`` say, or more
``form: f``          (always) the form has the questions for what it ``asks``
``says: [words]``    (never) one of these words stands in a text of the machine: a template, a title, a flag

and, without anything after them, the lines in ``PLAIN``. In ``always: notify: X`` and the like, whoever stands in for
X where nobody clean holds the role is as good as X; under ``never`` it is X, by that or another phrase, who is
addressed. ``due`` means no later; ``urgent: yes`` that it is urgent.

Claims under ``only`` come of no such event for which ``when`` does not hold: what is promised there, and there alone.

``without`` supposes that nobody who may know holds these roles, and that those who are named hold theirs. ``rests on``
names guards of the engine (``GUARDS``): a proof may use those that are named, and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from rules.engine.model.guarantee import Claim, Guarantee
from rules.engine.model.policy import ALWAYS, Due
from rules.engine.model.standing import STANDING
from rules.engine.reading.document import Entries, Items, Node, Word
from rules.engine.reading.read_rules import TRACKS, Rules
from rules.engine.reading.shapes import Desk

ANY = "any"
GUARANTEE = ("guarantee", "title", "clauses", "says", "on", "when", "without", "rests on", "always", "never", "only")

GUARDS: Mapping[str, str] = {
    "kept out": "whoever the complaint is about holds no role for it: guards.kept_out, audiences",
    "held from families": "a hold takes back every message to families: last_word, guards.after_hold",
    "drafts": "what goes outside waits as a draft: make.Making.write",
    "audiences": "only audiences turns a phrase into an address, and leaves out whoever is kept out",
    "who may decide": "an update by somebody who may not make it changes nothing: who_records.refusal",
    "last resort": "where a whole chain is empty the next in the school is told: audiences.last_resort",
}

PLAIN: Mapping[str, str] = {
    "somebody is told at once": "a notice goes to somebody in the school who is not the sender",
    "something leaves the school without release": "a task, diary entry or notice goes outside and is no draft",
    "the person concerned is reached": "something is addressed otherwise than through the audiences",
    "the case ends": "something is recorded that ends the procedure, or refuses",
    "a stage opens": "something is recorded that opens a stage",
    "a rule does something": "any effect of any rule",
}

_PEOPLE = {
    "notify": "notify", "digest": "digest", "task": "for", "calendar": "for", "flag": "for", "letter": "to",
    "withhold": "from", "reaches": "reaches", "reaches only": "reaches only", "deadline": "duty of",
}  # fmt: skip
CLAIMS = (*_PEOPLE, "open case", "record", "says", *STANDING)
MORE: Mapping[str, tuple[str, ...]] = {
    "notify": ("urgent", "using"), "digest": ("using",), "task": ("due",), "calendar": ("on",),
    "withhold": ("lifted only by",), **STANDING,
}  # fmt: skip


def read_guarantees(desk: Desk, root: Entries, rules: Rules) -> tuple[Guarantee, ...]:
    """One file with ``guarantees:`` at its head; what cannot be read is among the desk's problems."""
    desk.only(root, ("guarantees",), "the guarantees")
    return tuple(_guarantee(desk, node, rules) for node in desk.items(root.get("guarantees")))


def _guarantee(desk: Desk, node: Node, rules: Rules) -> Guarantee:
    entries = desk.entries(node, node, "guarantee")
    desk.only(entries, GUARANTEE, "a guarantee")
    claims = [_claim(desk, item, rules, always=True) for item in desk.items(entries.get("always"))]
    claims += [_claim(desk, item, rules, always=False) for item in desk.items(entries.get("never"))]
    only = [_claim(desk, item, rules, always=False) for item in desk.items(entries.get("only"))]
    claims += [replace(claim, elsewhere=True) for claim in only if claim is not None]
    if not claims:
        desk.wrong(entries, "This guarantee promises nothing.", "Add `always:` or `never:`.")
    when, without, rests_on = entries.get("when"), entries.get("without"), entries.get("rests on")
    return Guarantee(
        id=desk.word(entries.get("guarantee"), entries, "guarantee"),
        title=desk.word(entries.get("title"), entries, "title"),
        clauses=rules.cited(entries),
        says=desk.word(entries.get("says"), entries, "says"),
        on=_known(desk, entries.get("on"), rules.words.events, "No event is called"),
        when=rules.conditions.read(when) if when is not None else ALWAYS,
        without=_known(desk, without, rules.words.audiences, "Nobody here is called"),
        rests_on=_known(desk, rests_on, GUARDS, "No guard is called"),
        claims=tuple(claim for claim in claims if claim is not None),
        file=entries.place.file,
        line=entries.place.line,
    )


def _known(desk: Desk, node: Node | None, among: Collection[str], what: str) -> tuple[str, ...]:
    """Known words: a list, or several joined by "or"; every one of ``on`` where nothing is written is the caller's."""
    found = tuple(piece.strip() for text in desk.words(node) for piece in text.split(" or "))
    return tuple(word for word in found if node is not None and desk.known(node, word, among, f'{what} "{word}".'))


def _claim(desk: Desk, node: Node, rules: Rules, *, always: bool) -> Claim | None:
    if isinstance(node, Word):
        text = desk.word(node, node, "claim")
        if not desk.known(node, text, PLAIN, f'"{text}" is not something that can be promised.'):
            return None
        return Claim(always, text, text, line=node.place.line)
    entries = desk.entries(node, node, "claim")
    key = next((key for key, _ in entries if key.text in CLAIMS), None)
    if key is None:
        desk.wrong(entries, "This is not something that can be promised.", f"Write one of: {', '.join(CLAIMS)}.")
        return None
    kind = key.text
    if (kind in ("reaches", "says") and always) or (kind in ("reaches only", *STANDING) and not always):
        side = "never" if always else "always"
        desk.wrong(key, f'"{kind}" belongs under `{side}:`.', f"Move it to `{side}:`.")
    people = _PEOPLE.get(kind)
    desk.only(entries, (kind, *MORE.get(kind, ()), *((people,) if people else ())), f'"{kind}"')
    lifted = entries.get("lifted only by")
    return Claim(
        always=always,
        kind=kind,
        words=_written(entries),
        what=_what(desk, key, entries, rules),
        to=_to(desk, key, entries, rules),
        urgent=desk.yes(entries.get("urgent"), "urgent"),
        due=_due(rules, entries),
        more=tuple(
            (name, _said(desk, entries, name)) for name in STANDING.get(kind, ()) if entries.get(name) is not None
        ),
        lifted_by=rules.audience(lifted, key, "lifted only by")[0] if lifted is not None else None,
        line=key.place.line,
    )


def _said(desk: Desk, entries: Entries, name: str) -> tuple[str, ...]:
    """Words as they are written; of something that is yes or no, nothing where it is no."""
    if name in ("outside", "before consent", "safety"):
        return ("yes",) if desk.yes(entries.get(name), name) else ()
    words = desk.words(entries.get(name))
    return tuple(word.lower() for word in words) if name in ("done when", "records") else words


def _what(desk: Desk, key: Word, entries: Entries, rules: Rules) -> str:
    if key.text in ("reaches", "reaches only", "says", "facts"):
        return ""
    value = entries.get("using" if key.text in ("notify", "digest") else key.text)
    if value is None:
        return ""
    text = desk.word(value, key, key.text)
    if text == ANY:
        return ""
    if key.text == "record":
        text = text.lower()
    known: Mapping[str, Collection[str]] = {
        "open case": TRACKS, "record": rules.words.happenings, "letter": rules.words.templates,
        "notify": rules.words.templates, "digest": rules.words.templates, "template": rules.words.templates,
        "person": rules.words.audiences,
    }  # fmt: skip
    if key.text in known:
        desk.known(value, text, known[key.text], f'Nothing here is called "{text}".')
    return text


def _to(desk: Desk, key: Word, entries: Entries, rules: Rules) -> tuple[str, ...]:
    if key.text in ("says", "facts"):
        return desk.words(entries.get(key.text))
    node = entries.get(_PEOPLE.get(key.text, ""))
    return rules.audience(node, key, key.text) if node is not None else ()


def _due(rules: Rules, entries: Entries) -> Due | None:
    node = entries.get("due") or entries.get("on")
    return rules.due(node, "due") if node is not None else None


def _written(entries: Entries) -> str:
    def text(node: Node) -> str:
        if isinstance(node, Word):
            return " ".join(node.text.split())
        if isinstance(node, Items):
            return ", ".join(text(item) for item in node.nodes)
        return _written(node)

    return ", ".join(f"{key.text}: {text(value)}" for key, value in entries)
