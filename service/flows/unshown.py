"""What of a response no page shows, by the forms of the rules in force: files, and who sent a form for pupils."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from rules import Policies, RuleFilesError, load
from rules.engine.rulebook.parse import parse
from service.store import Store

_FACT = "evidence attached"


@dataclass(frozen=True, slots=True)
class Unshown:
    """``uploads``: ids of questions that take files; ``anonymous``: ids of forms whose sender nobody is told."""

    uploads: frozenset[str] = frozenset()
    anonymous: frozenset[str] = frozenset()

    def __or__(self, other: Unshown) -> Unshown:
        return Unshown(self.uploads | other.uploads, self.anonymous | other.anonymous)


class UnshownByForms:
    """What the shipped forms and the published ones keep back; read again when others are published."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shipped = self._found = _of(load())
        self._number: int | None = None

    def __call__(self) -> Unshown:
        with self._store.read() as tx:
            number = tx.policies.number_in_force()
            published = tx.policies.get(number) if number is not None and number != self._number else None
        if published is not None:
            self._number = number
            # Where they cannot be read the decider goes on with those before, and so does this; doctor says it.
            with suppress(RuleFilesError):
                self._found = self._shipped | _of(parse(published.texts))
        return self._found


def _of(policies: Policies) -> Unshown:
    forms = policies.forms.values()
    return Unshown(
        uploads=frozenset(q.id for form in forms for q in form.questions if q.name == _FACT),
        anonymous=frozenset(form.id for form in forms if form.anonymous),
    )
