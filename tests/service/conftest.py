"""A store, a school and what signs like the connector; all secrets are made at run time."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rules import Policies, load
from service.school import School, load_school
from service.store import Cipher, Store
from tests.service.bench import Bench
from tests.service.decided import Desk
from tests.service.places import Place, settle
from tests.service.samples import SAMPLE


@pytest.fixture(scope="session")
def cipher() -> Cipher:
    return Cipher([Fernet.generate_key().decode()])


@pytest.fixture(scope="session")
def school() -> School:
    return load_school(SAMPLE)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'policydesk.db'}"


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, database: str, cipher: Cipher) -> Iterator[Store]:
    made = Store.open(database, cipher, "north") if request.param == "file" else Store.memory(cipher, "north")
    yield made
    made.close()


@pytest.fixture
def file_store(database: str, cipher: Cipher) -> Iterator[Store]:
    made = Store.open(database, cipher, "north")
    yield made
    made.close()


@pytest.fixture
def bench(file_store: Store, school: School, tmp_path: Path) -> Bench:
    return Bench(file_store, school, tmp_path)


@pytest.fixture(scope="session")
def policies() -> Policies:
    return load()


@pytest.fixture
def desk(file_store: Store, school: School, tmp_path: Path, policies: Policies) -> Desk:
    return Desk(file_store, school, tmp_path, policies)


@pytest.fixture
def secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def place(tmp_path: Path, secret: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A new installation of the sample school, and the environment of its administrator."""
    made = settle(tmp_path, secret, monkeypatch)
    yield made
    made.store.close()
