"""Run as a process of its own: delivers what is due, and dies by SIGKILL at one moment of the delivery.

python -m tests.service.killed DATABASE FOLDER MOMENT   (the encryption key is read from standard input)
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from service.flows.deliver import Dispatcher
from service.school import load_school
from service.store import Cipher, Store
from tests.service.fakes import Office
from tests.service.samples import NOW, SAMPLE


def main(database: str, folder: str, moment: str) -> None:
    def die(now: str) -> None:
        if now == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    office = Office(Path(folder), die)
    store = Store.open(database, Cipher([sys.stdin.read().strip()]), "north")
    dispatcher = Dispatcher(
        store,
        load_school(SAMPLE),
        office,
        office,
        office,
        clock=lambda: NOW,
        random=lambda: 1.0,
    )
    dispatcher.run_once(NOW)


if __name__ == "__main__":
    main(*sys.argv[1:])
