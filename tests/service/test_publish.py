"""Two people publish rules that passed everything; the running service takes them up; nothing published changes."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

import rules
from rules import shipped_texts
from rules.engine.rulebook.parse import parse, version
from service.cli import main
from service.doctor import examine
from service.flows import publish
from service.flows.publish import NotPublishedError, approve, propose
from service.flows.unshown import UnshownByForms
from service.school import load_school
from service.store import Store
from tests.service.places import Place
from tests.service.samples import SAMPLE

NOW = datetime(2026, 10, 6, 10, 20, tzinfo=UTC)  # a Tuesday
HEAD, DSL, CHAIR = "head@northbridge.example", "r.calder@northbridge.example", "chair@governors.northbridge.example"
SETTINGS, PATTERNS = "policies/settings.yaml", "policies/anti_bullying/patterns.yaml"
TELLING = "policies/anti_bullying/telling.yaml"
README = Path(rules.__file__).parent / "README.md"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer random facts: how the two evaluators compare is measured elsewhere."""
    monkeypatch.setattr(publish, "RANDOM_FACTS", 50)


def two_in_thirty(texts: Mapping[str, str]) -> dict[str, str]:
    """The shipped rules as the README changes them."""
    settings = texts[SETTINGS]
    for name, before, after in (("pattern count", "3", "2"), ("pattern window", "60", "30")):
        settings, done = re.subn(rf"(  {name}:\n(?:    .*\n)*?    value: ){before}\n", rf"\g<1>{after}\n", settings)
        assert done == 1
    patterns, done = re.subn(
        r"- example: A second time\n(      today: .*\n)(      given: .*\n)      earlier: .*\n",
        r"- example: A first time\n\1\2",
        texts[PATTERNS],
    )
    assert done == 4
    before, after = "on: [2026-09-07, 2026-11-24]", "on: 2026-10-19"
    assert patterns.count(before) == 1
    patterns = patterns.replace(before, after)
    return {**texts, SETTINGS: settings, PATTERNS: patterns}


def edited(name: str, old: str, new: str) -> dict[str, str]:
    texts = shipped_texts()
    assert old in texts[name]
    return texts | {name: texts[name].replace(old, new, 1)}


def refused(place: Place, texts: Mapping[str, str], by: str = HEAD) -> str:
    """Why it is refused; nothing is kept then."""
    before = place.done()
    with pytest.raises(NotPublishedError) as caught:
        propose(place.store, place.school, texts, by, NOW, Random(1))
    assert place.done() == before
    return str(caught.value)


def put_in_force(place: Place, texts: Mapping[str, str]) -> None:
    """Two of the leadership publish these texts."""
    number, _ = propose(place.store, place.school, texts, HEAD, NOW, Random(1))
    approve(place.store, place.school, number, DSL, NOW, Random(1))


@pytest.mark.usefixtures("quick")
def test_one_proposes_another_approves_and_the_service_takes_it_up(place: Place) -> None:
    place.receive(4)
    texts = two_in_thirty(shipped_texts())
    number, examined = propose(place.store, place.school, texts, HEAD, NOW, Random(1))
    assert number == 1
    assert any('"repeated reports of one pupil"' in group.what for group in examined.groups)
    before = place.policies.version
    place.decider.run_once()
    assert place.decider.policies.version == before, "a proposal changes nothing"
    approve(place.store, place.school, number, DSL.upper(), NOW, Random(1))
    place.report(4)
    assert place.decider.run_once() == 1
    assert place.decider.policies.version == version(texts) == examined.policies.version
    with place.store.read() as tx:
        published = tx.policies.in_force()
        versions = [tx.decisions.of_case(ref)[0].policy_version for ref in tx.cases.refs()]
    assert published is not None
    assert (published.proposed_by, published.approved_by, published.state) == (HEAD, DSL, "published")
    assert versions == [before] * 4 + [version(texts)], "a decision keeps its version"
    looked = [(who, what) for who, what in place.logged() if what.startswith("read the whole past")]
    assert looked == [
        (HEAD, "read the whole past, to propose rules"), (DSL, "read the whole past, to approve rules 1")
    ]  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_another_person_of_leadership_approves(place: Place) -> None:
    number, _ = propose(place.store, place.school, two_in_thirty(shipped_texts()), HEAD, NOW, Random(1))
    for by, why in (
        (HEAD, "Whoever proposed it"), ("HEAD@northbridge.example ", "Whoever proposed it"),
        ("p.dyson@northbridge.example", "may not publish"), ("nobody@elsewhere.example", "may not publish"),
    ):  # fmt: skip
        with pytest.raises(NotPublishedError, match=why):
            approve(place.store, place.school, number, by, NOW, Random(1))
    with place.store.read() as tx:
        assert tx.policies.number_in_force() is None
    approve(place.store, place.school, number, CHAIR, NOW, Random(1))
    with pytest.raises(NotPublishedError, match=f"published already, by {CHAIR}"):
        approve(place.store, place.school, number, DSL, NOW, Random(1))
    with pytest.raises(NotPublishedError, match="no proposal 7"):
        approve(place.store, place.school, 7, DSL, NOW, Random(1))


@pytest.mark.usefixtures("quick")
def test_what_is_refused_says_why(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "in force already" in refused(place, shipped_texts())
    assert "may not publish" in refused(place, two_in_thirty(shipped_texts()), "m.ellison@northbridge.example")
    assert "Did you mean" in refused(place, edited(TELLING, "on: report received", "on: report recieved"))
    assert 'example "A second time"' in refused(place, edited(SETTINGS, "value: 3", "value: 2"))
    weaker = edited(TELLING, "[deputy headteacher, designated safeguarding lead, lead", "[deputy headteacher, lead")
    assert "BROKEN  G-05" in refused(place, weaker)
    assert "put back G-01" in refused(place, edited("policies/guarantees.yaml", "guarantee: G-01", "guarantee: G-01b"))
    with monkeypatch.context() as patched:
        patched.setattr(publish, "differing", lambda *_: (frozenset({"AB-01"}), {}))
        assert "do not agree on AB-01" in refused(place, two_in_thirty(shipped_texts()))
    place.receive(1)
    with monkeypatch.context() as patched:
        patched.setattr("service.flows.replay.judge", _fails)
        assert "first B-2026-0001 (RuntimeError)" in refused(place, two_in_thirty(shipped_texts()))


def _fails(*_: object) -> None:
    raise RuntimeError


@pytest.mark.usefixtures("quick")
def test_an_older_proposal_does_not_come_after_a_newer_one(place: Place) -> None:
    one, other = two_in_thirty(shipped_texts()), edited(SETTINGS, "value: 15", "value: 10")
    first, _ = propose(place.store, place.school, one, HEAD, NOW, Random(1))
    second, _ = propose(place.store, place.school, other, HEAD, NOW, Random(1))
    approve(place.store, place.school, second, DSL, NOW, Random(1))
    with pytest.raises(NotPublishedError, match="Version 2 was published since"):
        approve(place.store, place.school, first, DSL, NOW, Random(1))
    third, _ = propose(place.store, place.school, shipped_texts(), DSL, NOW, Random(1))
    approve(place.store, place.school, third, HEAD, NOW, Random(1))
    with place.store.read() as tx:
        published = tx.policies.in_force()
    assert published is not None
    assert (published.number, published.fingerprint) == (3, version(shipped_texts())), "the former, as a new one"


@pytest.mark.usefixtures("quick")
def test_texts_that_were_tampered_with_are_not_put_in_force(place: Place) -> None:
    texts = two_in_thirty(shipped_texts())
    with place.store.write() as tx:
        number = tx.policies.propose({**texts, "policies/more.yaml": "[]"}, version(texts), HEAD, NOW)
    with pytest.raises(NotPublishedError, match="not those that were proposed"):
        approve(place.store, place.school, number, DSL, NOW, Random(1))


def test_published_rules_that_this_software_cannot_read_leave_the_ones_before(place: Place) -> None:
    place.receive(1)
    with place.store.write() as tx:
        tx.policies.publish(tx.policies.propose({"policies/odd.yaml": "- rule"}, "odd", HEAD, NOW), DSL, NOW)
    place.report(1)
    assert place.decider.run_once() == 1
    assert place.decider.policies.version == place.policies.version
    with place.store.read() as tx:
        assert len(tx.cases.refs()) == 2
    found = next(finding for finding in examine(os.environ) if finding.name == "published rules")
    assert not found.ok
    assert "version 1 needs mending" in found.mend


@pytest.mark.usefixtures("quick")
def test_the_doctor_looks_at_what_is_published(place: Place) -> None:
    put_in_force(place, two_in_thirty(shipped_texts()))
    assert next(finding for finding in examine(os.environ) if finding.name == "published rules").ok


@pytest.mark.usefixtures("quick")
def test_a_part_of_the_rules_is_laid_over_those_in_force(place: Place, tmp_path: Path) -> None:
    put_in_force(place, two_in_thirty(shipped_texts()))
    file = tmp_path / "mine" / "anti_bullying" / "telling.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(shipped_texts()[TELLING].replace("title: Tell the DSL", "title: Let the DSL know", 1))
    assert main(["propose", str(file.parent), "--by", HEAD]) == 0
    with place.store.read() as tx:
        [waiting] = tx.policies.waiting()
    assert waiting.texts == two_in_thirty(shipped_texts()) | {TELLING: file.read_text()}


@pytest.mark.usefixtures("quick")
def test_a_school_hears_that_the_shipped_rules_have_moved_on(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = two_in_thirty(shipped_texts())
    put_in_force(place, mine)
    known = "published rules know the shipped ones"
    assert next(finding for finding in examine(os.environ) if finding.name == known).ok
    newer = edited(TELLING, "title: Tell the DSL", "title: Let the DSL know")
    monkeypatch.setattr(publish, "shipped_texts", lambda: newer)
    assert main(["rules"]) == 0
    assert f"have changed since, in: {TELLING}." in capsys.readouterr().out
    found = next(finding for finding in examine(os.environ) if finding.name == known)
    assert (found.ok, "policydesk rules says where" in found.mend) == (False, True)
    assert main(["rules", str(tmp_path / "theirs"), "--shipped"]) == 0
    assert (tmp_path / "theirs" / SETTINGS).read_text() == shipped_texts()[SETTINGS]
    # Somebody has looked at it, and the school keeps its own.
    put_in_force(place, mine)
    assert next(finding for finding in examine(os.environ) if finding.name == known).ok


def test_questions_that_take_files_are_those_of_the_forms_in_force(place: Place) -> None:
    unshown = UnshownByForms(place.store)
    [one] = unshown().uploads
    form = next(name for name, text in shipped_texts().items() if f'id: "{one}"' in text)
    with place.store.write() as tx:
        texts = edited(form, f'id: "{one}"', 'id: "another"')
        tx.policies.publish(tx.policies.propose(texts, "other", HEAD, NOW), DSL, NOW)
    assert unshown().uploads == {one, "another"}


def test_a_school_publishes_for_itself(place: Place) -> None:
    other = Store.open(place.url, place.store.cipher, "elsewhere")
    with place.store.write() as tx:
        tx.policies.publish(tx.policies.propose(shipped_texts(), "a", HEAD, NOW), DSL, NOW)
    with other.read() as tx:
        assert (tx.policies.number_in_force(), tx.policies.get(1), tx.policies.waiting()) == (None, None, [])
    other.close()


def section() -> list[str]:
    """The commands of the README's section, in their order."""
    text = README.read_text(encoding="utf-8").split("## Publishing with a colleague")[1].split("\n## ")[0]
    return re.findall(r"^ +(policydesk .+)$", text, re.MULTILINE)


def test_a_headteacher_follows_the_readme(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.receive(4)
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> tuple[int, str]:
        code = main(shlex.split(command)[1:])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    write, check, replay, propose_it, approve_it = section()
    assert run(write)[0] == 0
    mine = tmp_path / "my-rules"
    assert parse({p.relative_to(mine).as_posix(): p.read_text() for p in mine.rglob("*.yaml")}) == place.policies
    changed = two_in_thirty(shipped_texts())
    (mine / SETTINGS).write_text(changed[SETTINGS])
    code, said = run(check)
    assert code == 1
    for rule in ("AB-45", "AB-46", "AB-47"):
        assert f'Rule "{rule}", example "A second time"' in said
    assert 'Rule "AB-45", example "The first was on the Monday before, too long ago"' in said
    assert "5 things to mend" in said
    (mine / PATTERNS).write_text(changed[PATTERNS])
    assert run(check)[0] == 0
    code, said = run(replay)
    assert code == 0
    assert 'a matter for the deputy headteacher to decide: "repeated reports of one pupil"' in said
    code, said = run(propose_it)
    assert (code, "Proposed as 1" in said) == (0, True)
    assert f"Waits for approval: 1 ({version(changed)}), proposed by {HEAD}." in run("policydesk rules")[1]
    code, said = run(approve_it)
    assert (code, "Version 1 is published" in said) == (0, True)
    said = run("policydesk rules")[1]
    assert said == f"In force: version 1 ({version(changed)}), proposed by {HEAD}, approved by {DSL}.\n"
    assert run(write)[0] == 1, "what one is working on is not written over"
    assert load_school(SAMPLE).directory.by_email(HEAD) is not None
