"""What is true of every file: small, without secrets or machines in it, and every exception to a rule explained."""

from __future__ import annotations

import re

import pytest

from tests.house.files import PRODUCT, names, texts

LONGEST_PRODUCT_FILE = 350
LONGEST_TEST_FILE = 500
MADE_UP = (".example", "example.com", "example.org", ".test", ".invalid")
GOOGLE = ("gserviceaccount.com", "calendar.google.com", "google.com")
"""Robots of Google, as its documentation names them."""


def test_files_are_short_enough_to_be_read() -> None:
    lengths = {name: text.count("\n") for name, text in texts(".py").items() if "migrations/versions" not in name}
    limits = {name: LONGEST_PRODUCT_FILE if name.startswith(PRODUCT) else LONGEST_TEST_FILE for name in lengths}
    assert {name: length for name, length in lengths.items() if length > limits[name]} == {}


def test_every_exception_from_a_rule_says_why() -> None:
    bare = [
        f"{name}:{number}"
        for name, text in texts(".py", within=PRODUCT).items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"# noqa(: ?[A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*)?\s*$", line)
    ]
    assert bare == []


def test_every_noqa_names_its_rule() -> None:
    lines = [(name, line) for name, text in texts(".py").items() for line in text.splitlines() if "# noqa" in line]
    assert [(name, line.strip()) for name, line in lines if "house" not in name and "# noqa: " not in line] == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        ("a Google key", r"AIza[0-9A-Za-z_-]{35}"),
        ("a Google token", r"ya29\.[0-9A-Za-z_-]{20}"),
        ("a token of a code host", r"gh[pousr]_[0-9A-Za-z]{36}"),
        ("a cloud key", r"AKIA[0-9A-Z]{16}"),
        ("a folder of one machine", r"(?<![\w.$}])/(?:work/|root/|home/[a-z]|Users/[A-Za-z])"),
        ("a package registry", r"--(?:extra-)?index-url\s+\S|--find-links\s+\S|https?://\S*(?:pypi|artifactory|nexus)\S*/"),
    ],
)  # fmt: skip
def test_no_file_has(what: str, pattern: str) -> None:
    found = [name for name, text in texts().items() if re.search(pattern, text) and not name.startswith("tests/house/")]
    assert found == [], what


def test_addresses_of_people_are_made_up() -> None:
    """Every address in data and code ends in a name that nobody can own."""
    address = re.compile(r"[A-Za-z0-9._%+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
    real = {
        f"{name}: {host}"
        for name, text in texts(".py", ".yaml", ".csv", ".md", ".html").items()
        for host in address.findall(text)
        if not host.endswith((*MADE_UP, *GOOGLE))
    }
    assert real == set()


def test_nothing_is_kept_that_a_program_made() -> None:
    made = [name for name in names() if name.endswith((".pyc", ".db", ".sqlite", ".sqlite3", ".log", ".env", ".pem"))]
    assert made == []


def test_the_first_folder_holds_what_a_newcomer_looks_for_and_nothing_else() -> None:
    assert {name for name in names() if "/" not in name} == {
        ".gitignore", "LICENSE", "Makefile", "README.md", "pyproject.toml", "requirements.lock"
    }  # fmt: skip


def test_each_migration_follows_another_one() -> None:
    """Two that follow the same one can both be written at a time, and then no database can be opened."""
    files = texts(".py", within=("service/store/migrations/versions/",))
    chain = {}
    for name, text in files.items():
        revision, before = (re.search(rf'^{key} = "?(\w+)', text, re.M) for key in ("revision", "down_revision"))
        assert revision is not None, name
        assert before is not None, name
        assert name.rsplit("/", 1)[-1].startswith(f"{revision[1]}_")
        chain[before[1]] = revision[1]
    assert len(chain) == len(files)
    assert "None" in chain


def test_names_of_files_say_what_is_in_them() -> None:
    vague = {"utils", "helpers", "helper", "manager", "managers", "misc", "common", "processor"}
    stems = {name: name.rsplit("/", 1)[-1].removesuffix(".py") for name in texts(".py", within=PRODUCT)}
    assert [name for name, stem in stems.items() if vague & set(stem.split("_"))] == []


def test_migrations_follow_one_another() -> None:
    """Two that change the same tables at once would leave a database that nobody can bring up to date."""
    files = texts(".py", within=("service/store/migrations/versions/",))
    said = [re.findall(r'^(?:down_)?revision = (?:"(\d{4})"|None)$', text, re.MULTILINE) for text in files.values()]
    numbers = [name.rsplit("/", 1)[-1][:4] for name in files]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    assert said == [[number, before] for number, before in zip(numbers, ["", *numbers], strict=False)]
