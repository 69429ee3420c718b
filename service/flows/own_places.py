"""Where what is said of a case stands, so that nobody who is kept out of it finds it in a mailbox or diary of theirs.

The mailbox that notices are sent from, and the diary of whoever organises, belong to people of the school. Where one of
them is kept out of a case (I2), its notices are written in the mailbox of whom they are for, and its dates in their
diary: a service account may act for each of them. With one signed-in account there is no other place. What stood in
the usual diary before is moved there.
"""

from __future__ import annotations

from rules.engine.deciding.release import MAY_RELEASE
from rules.engine.model.effects import CalendarEntry, Notice
from rules.engine.school.directory import Directory
from service import access
from service.school import GooglePlaces
from service.store import Transaction


class OwnPlaces:
    """Chooses mailbox and diary for what belongs to a case."""

    def __init__(self, usual: GooglePlaces, directory: Directory) -> None:
        self._usual = usual
        self._directory = directory

    def mailbox(self, tx: Transaction, ref: str | None, notice: Notice) -> str:
        """Whose mailbox a notice that nobody holds is written in."""
        usual = self._usual.sends_as
        of_the_school = self._directory.by_email(notice.to) is not None
        return notice.to if of_the_school and self.is_kept_from(tx, ref, usual) else usual

    def calendar(self, tx: Transaction, ref: str | None, entry: CalendarEntry) -> str | None:
        """Whose diary an entry is put in: until its release that of the organiser, or of whoever holds it.

        Else that of somebody who may release it and sees the case. None where there is no such person.
        """
        usual = self._usual.organiser if entry.status == "draft" else self._usual.calendar
        theirs = [who for who in (entry.held_by, *entry.attendees) if who and self._directory.by_email(who) is not None]
        if clean := next((diary for diary in (usual, *theirs) if not self.is_kept_from(tx, ref, diary)), None):
            return clean
        case = tx.cases.load(ref) if ref is not None else None
        others = (person for role in sorted(MAY_RELEASE) for person in self._directory.holders(role))
        return next((o.email for o in others if case and access.may_see(o, case, self._directory)), None)

    def is_own(self, calendar: str) -> bool:
        """Whether this is somebody's own diary, written in their name."""
        usual = (self._usual.organiser, self._usual.calendar)
        return calendar not in usual and self._directory.by_email(calendar) is not None

    def is_kept_from(self, tx: Transaction, ref: str | None, address: str) -> bool:
        """Whether somebody reads this mailbox or diary who is kept out of the case."""
        readers = self._who_reads(address)
        if ref is None or not readers:
            return False
        return not readers.isdisjoint(tx.cases.kept_out_of(ref))

    def _who_reads(self, address: str) -> frozenset[str]:
        person = self._directory.by_email(address)
        return frozenset() if person is None else frozenset({person.email, *person.read_by})
