"""Published rules: numbered, with who proposed and who approved them. A text is written once and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, insert, select, update

from service.store.scope import Scope, ours
from service.store.tables import policy_version


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version. ``fingerprint`` is that of its texts, which decisions keep. Times are UTC."""

    number: int
    fingerprint: str
    texts: Mapping[str, str]
    proposed_by: str
    approved_by: str | None
    proposed_at: datetime
    approved_at: datetime | None
    state: Literal["proposed", "published"]
    shipped: Mapping[str, str] = field(default_factory=dict)
    """The fingerprint of each rule file that came with the software then; empty where it was not noted."""


_IN_FORCE = select(func.max(policy_version.c.number)).where(ours(policy_version), policy_version.c.state == "published")


class PolicyVersions:
    """The versions of one school, in one transaction. Rules are not personal, so they are not sealed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def propose(
        self,
        texts: Mapping[str, str],
        fingerprint: str,
        by: str,
        at: datetime,
        shipped: Mapping[str, str] | None = None,
    ) -> int:
        """Keep a proposal; returns its number, which is never given again."""
        last = self._scope.connection.execute(
            select(func.max(policy_version.c.number)).where(policy_version.c.school == self._scope.school)
        ).scalar_one()
        number = int(last or 0) + 1
        row = {"school": self._scope.school, "number": number, "fingerprint": fingerprint, "state": "proposed"}
        row |= {"texts": json.dumps(dict(texts), sort_keys=True), "proposed_by": by, "proposed_at": at}
        row |= {"shipped": json.dumps(dict(shipped), sort_keys=True) if shipped else None}
        self._scope.connection.execute(insert(policy_version), row)
        return number

    def publish(self, number: int, by: str, at: datetime) -> bool:
        """Put a proposal in force. False where it is not one, or is not newer than what is in force."""
        changed = self._scope.connection.execute(
            update(policy_version)
            .where(self._mine(), policy_version.c.number == number, policy_version.c.state == "proposed")
            .where(policy_version.c.number > (self.number_in_force() or 0))
            .values(state="published", approved_by=by, approved_at=at)
        )
        return changed.rowcount == 1

    def number_in_force(self) -> int | None:
        """The newest published one; None where none is. Cheap: it is asked again and again."""
        newest = self._scope.run(_IN_FORCE).scalar_one()
        return None if newest is None else int(newest)

    def get(self, number: int) -> PolicyVersion | None:
        """The version of this number, proposed or published."""
        return next(iter(self._found(policy_version.c.number == number)), None)

    def in_force(self) -> PolicyVersion | None:
        """The newest published one, with its texts."""
        number = self.number_in_force()
        return None if number is None else self.get(number)

    def waiting(self) -> list[PolicyVersion]:
        """Proposals that may still be approved, oldest first."""
        newer = policy_version.c.number > (self.number_in_force() or 0)
        return self._found(newer & (policy_version.c.state == "proposed"))

    def _mine(self) -> ColumnElement[bool]:
        return policy_version.c.school == self._scope.school

    def _found(self, wanted: ColumnElement[bool]) -> list[PolicyVersion]:
        rows = self._scope.connection.execute(
            select(policy_version).where(self._mine(), wanted).order_by(policy_version.c.number)
        ).mappings()
        names = [name for name in PolicyVersion.__dataclass_fields__ if name not in ("texts", "shipped")]
        return [
            PolicyVersion(
                **{name: row[name] for name in names},
                texts=json.loads(row["texts"]),
                shipped=json.loads(row["shipped"] or "{}"),
            )
            for row in rows
        ]
