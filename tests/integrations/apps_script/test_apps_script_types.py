"""The connector's source: checked against Google's official types, least in what it asks for, whole in one file."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from apps_script_connector import HERE, Connector, MakeConnector
from receiving_service import ReceivingService

SOURCE = HERE.parents[2] / "integrations" / "apps_script"
COMPILER = HERE / "node_modules" / "typescript" / "bin" / "tsc"
MANIFEST = json.loads((SOURCE / "appsscript.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def compiler() -> Path:
    if not COMPILER.exists():
        pytest.skip("the compiler is not there: run tests/integrations/apps_script/prepare")
    return COMPILER


def type_check(compiler: Path, folder: Path, project: Path) -> subprocess.CompletedProcess[str]:
    settings = json.loads((HERE / "tsconfig.json").read_text(encoding="utf-8"))
    settings["compilerOptions"]["typeRoots"] = [str(HERE / "node_modules" / "@types")]
    settings["include"] = [str(folder / "*.js")]
    project.write_text(json.dumps(settings), encoding="utf-8")
    return subprocess.run(["node", str(compiler), "-p", str(project)], capture_output=True, text=True, check=False)


def test_the_source_agrees_with_the_official_types(compiler: Path, tmp_path: Path) -> None:
    checked = type_check(compiler, SOURCE, tmp_path / "tsconfig.json")
    assert checked.stdout == ""
    assert checked.returncode == 0


def test_the_check_notices_wrong_calls(compiler: Path, tmp_path: Path) -> None:
    mistakes = {
        "UrlFetchApp.fetch(": "UrlFetchApp.fetchOnce(",
        "getRespondentEmail()": "getRespondentMail()",
        "enqueue_([id], Date.now())": "enqueue_(id, Date.now())",
    }
    copy = shutil.copytree(SOURCE, tmp_path / "copy")
    spoilt = set()
    for path in copy.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for right, wrong in mistakes.items():
            if right in text:
                text = text.replace(right, wrong)
                spoilt.add(right)
        path.write_text(text, encoding="utf-8")
    assert spoilt == set(mistakes)

    checked = type_check(compiler, copy, tmp_path / "tsconfig.json")
    assert checked.returncode != 0
    for expected in ("fetchOnce", "getRespondentMail", "triggers.js"):
        assert expected in checked.stdout


def test_the_files_can_be_pasted_as_one(tmp_path: Path) -> None:
    whole = tmp_path / "policydesk.js"
    whole.write_text("\n".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("*.js")), encoding="utf-8")
    subprocess.run(["node", "--check", str(whole)], check=True)


def test_the_manifest_asks_for_three_scopes_and_runs_in_the_schools_time() -> None:
    assert [scope.rsplit("/", 1)[1] for scope in MANIFEST["oauthScopes"]] == [
        "forms.currentonly",
        "script.external_request",
        "script.scriptapp",
    ]
    assert MANIFEST["timeZone"] == "Europe/London"
    assert MANIFEST["runtimeVersion"] == "V8"


@pytest.mark.parametrize("scope", MANIFEST["oauthScopes"])
def test_none_of_the_scopes_could_be_left_out(
    connect: MakeConnector, service: ReceivingService, secret: str, scope: str
) -> None:
    fewer = [each for each in MANIFEST["oauthScopes"] if each != scope]
    connector: Connector = connect("complaint", service.address, scopes=fewer)
    reply = connector.do("menu", item="Set up", replies=["https://policydesk.school.example", secret])
    assert service.accepted == {}
    if scope.endswith("external_request"):
        assert "did not answer" in reply["shown"][-1]
    else:
        assert f"Required permissions: {scope}" in reply["thrown"]


def test_nothing_secret_stands_in_the_source() -> None:
    for path in SOURCE.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not [word for word in text.split() if word.startswith("whsec_") and len(word) > 12], path.name


def test_the_lock_holds_no_download_address() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    locked = {name: entry for name, entry in lock["packages"].items() if name}
    assert set(locked) == {"node_modules/@types/google-apps-script", "node_modules/typescript"}
    assert all("resolved" not in entry and entry["integrity"] for entry in locked.values())
