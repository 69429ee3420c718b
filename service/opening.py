"""The store and the school of the settings, open for as long as a command needs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from service.school import School
    from service.store import Store


@contextmanager
def open_store(settings: Settings, school: School) -> Iterator[Store]:
    """One school's store. SettingsError where it cannot be opened, read or written, then or within."""
    from service.store import CannotOpenError, Cipher, Store, StoreUnavailableError  # late: most commands need none

    try:
        with closing(Store.open(settings.database_url, Cipher(settings.encryption_keys), school.id)) as store:
            yield store
    except StoreUnavailableError:
        raise SettingsError(
            "POLICYDESK_DATABASE_URL: the database cannot be opened or written just now; check that it is there, and "
            "whether this account may write to it."
        ) from None
    except CannotOpenError as error:
        raise SettingsError(str(error)) from None


@contextmanager
def desk() -> Iterator[tuple[Store, School]]:
    """The store and the school that the environment names. SettingsError as ``open_store``, or for the settings."""
    from service.school import load_school

    settings = Settings.from_environment(os.environ)
    school = load_school(settings.schools[0])
    with open_store(settings, school) as store:
        yield store, school
