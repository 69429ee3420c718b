"""Which questions take files, in the forms of the rules in force: of what was uploaded only that it was is shown."""

from __future__ import annotations

from contextlib import suppress

from rules import Policies, RuleFilesError, load
from rules.engine.parse import parse
from service.store import Store

_FACT = "evidence attached"


class UploadQuestions:
    """The ids of those questions, of the shipped forms and of the published ones; read again when others are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shipped = self._found = _ids(load())
        self._number: int | None = None

    def __call__(self) -> frozenset[str]:
        with self._store.read() as tx:
            number = tx.policies.number_in_force()
            published = tx.policies.get(number) if number is not None and number != self._number else None
        if published is not None:
            self._number = number
            # Where they cannot be read the decider goes on with those before, and so does this; doctor says it.
            with suppress(RuleFilesError):
                self._found = self._shipped | _ids(parse(published.texts))
        return self._found


def _ids(policies: Policies) -> frozenset[str]:
    return frozenset(q.id for form in policies.forms.values() for q in form.questions if q.name == _FACT)
