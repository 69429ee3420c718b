"""Everything that is kept: submissions, cases, the ledger of effects, decisions, history. This is the door.

Every query is of one school. Times are stored in UTC. What may be personal is sealed before it is written.
"""

from service.store.action import CLOCKS, DELIVERED, Action, Attempt, Backlog, Progress, State, action_id
from service.store.cases import PREFIXES, ReferenceTakenError
from service.store.cipher import CannotOpenError, Cipher, Sealed
from service.store.decisions import AuditLine, DecisionRecord, Entry, Line
from service.store.kept import KeptBytes
from service.store.policy_versions import PolicyVersion
from service.store.reseal import SEALED
from service.store.store import Store, StoreUnavailableError, Transaction
from service.store.submissions import Added, NewSubmission, StoredSubmission

__all__ = [
    "CLOCKS",
    "DELIVERED",
    "PREFIXES",
    "SEALED",
    "Action",
    "Added",
    "Attempt",
    "AuditLine",
    "Backlog",
    "CannotOpenError",
    "Cipher",
    "DecisionRecord",
    "Entry",
    "KeptBytes",
    "Line",
    "NewSubmission",
    "PolicyVersion",
    "Progress",
    "ReferenceTakenError",
    "Sealed",
    "State",
    "Store",
    "StoreUnavailableError",
    "StoredSubmission",
    "Transaction",
    "action_id",
]
