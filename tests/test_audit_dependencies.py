"""The dependency audit cannot look green when it has not looked."""

import json
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import audit_dependencies as audit
from tests.audit_dependencies import OK, UNKNOWN, WRONG, Package

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PACKAGES = [Package("anyio", "4.9.0", "MIT"), Package("streamlit", "1.67.0", "Apache-2.0")]


def record(name: str = "streamlit", *, modified: datetime = NOW, **affected: Any) -> dict[str, Any]:
    hit = {"package": {"ecosystem": "PyPI", "name": name}, **affected}
    return {"id": "PYSEC-1", "modified": modified.isoformat(), "summary": "Bad", "affected": [hit]}


def fixed_in(version: str) -> list[dict[str, Any]]:
    return [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": version}]}]


def export(path: Path, *records: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path / "all.zip", "w") as file:
        for number, told in enumerate(records):
            file.writestr(f"{number}.json", json.dumps(told))
    return path / "all.zip"


@pytest.mark.parametrize(
    ("affected", "status"),
    [
        ({"ranges": fixed_in("1.68.0")}, WRONG),
        ({"ranges": fixed_in("1.67.0")}, OK),
        ({"versions": ["1.66.0", "1.67.0"]}, WRONG),
        ({"versions": ["1.66.0"]}, OK),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.60"}, {"last_affected": "1.67.0"}]}]}, WRONG),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.60"}, {"last_affected": "1.66.9"}]}]}, OK),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.68"}]}]}, OK),
        ({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, OK),
    ],
    ids=range(8),
)
def test_a_known_hole_is_found_by_version(tmp_path: Path, affected: dict[str, Any], status: int) -> None:
    told, lines = audit.told_of_holes(PACKAGES, export(tmp_path, record(**affected)), now=NOW)
    assert told == status
    assert "2 of 2 installed packages" in lines[0]
    assert ("PYSEC-1" in "".join(lines)) == (status == WRONG)


def test_a_withdrawn_advisory_is_none(tmp_path: Path) -> None:
    path = export(tmp_path, record(ranges=fixed_in("9")) | {"withdrawn": "2026-01-01T00:00:00Z"}, record("other"))
    assert audit.told_of_holes(PACKAGES, path, now=NOW)[0] == OK


def test_the_age_of_the_data_is_told_and_old_data_is_not_enough(tmp_path: Path) -> None:
    path = export(tmp_path, record("other", modified=NOW - timedelta(days=15)))
    status, lines = audit.told_of_holes(PACKAGES, path, now=NOW)
    assert status == UNKNOWN
    assert "2026-11-07, 15 days old" in lines[0]
    assert audit.told_of_holes(PACKAGES, path, now=NOW - timedelta(days=2))[0] == OK


def test_no_data_empty_data_and_broken_data_are_not_green(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK, it says")
    for path in (None, tmp_path / "none.zip", broken, export(tmp_path)):
        status, lines = audit.told_of_holes(PACKAGES, path, now=NOW)
        assert status == UNKNOWN
        assert "NOT CHECKED" in lines[0]


def test_a_version_nobody_can_compare_is_wrong_not_skipped(tmp_path: Path) -> None:
    odd = [*PACKAGES, Package("odd", "from-a-folder", "")]
    status, lines = audit.told_of_holes(odd, export(tmp_path, record("other")), now=NOW)
    assert status == WRONG
    assert "2 of 3 installed packages" in lines[0]


def test_what_is_installed_is_what_the_lock_says(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text(
        "anyio==4.9.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nstreamlit==1.66.0 \\\n    --hash=sha256:cc\n"
        'gone==1.0 \\\n    --hash=sha256:dd\nwinonly==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:ee\n',
        encoding="utf-8",
    )
    known = audit.locked(lock)
    assert known["anyio"] == ("4.9.0", ["sha256:aa", "sha256:bb"])
    packages = [*PACKAGES, Package("stray", "1", ""), Package("pip", "1", "")]
    assert set(audit.differences(packages, known)) == {
        "stray 1 is installed and in no lock",
        "streamlit 1.67.0 is installed where the lock says 1.66.0",
        "gone is in the lock and not installed",
    }


@pytest.mark.parametrize(
    ("licence", "status"),
    [
        *(
            (told, WRONG)
            for told in ("AGPL-3.0-or-later", "GPL-2.0", "GNU General Public License v3 (GPLv3)", "SSPL-1.0")
        ),
        *(
            (told, OK)
            for told in ("MIT", "BSD License", "LGPL-3.0", "GNU Lesser General Public License v3 (LGPLv3)", "")
        ),
    ],
)
def test_a_copyleft_licence_is_named(licence: str, status: int) -> None:
    told, lines = audit.told_of_licences([Package("one", "1", licence)])
    assert told == status
    assert len(lines) >= 1


def test_the_bill_of_materials_names_every_installed_package() -> None:
    packages, lock = audit.installed(), audit.locked(audit.ROOT / "requirements-dev.lock")
    bill = audit.sbom(packages, lock, now=NOW)
    assert {part["name"] for part in bill["components"]} >= {"streamlit", "duckdb", "starlette", "cryptography"}
    assert len(bill["components"]) == len(packages)
    hashed = [part for part in bill["components"] if part.get("properties")]
    assert len(hashed) >= len(packages) - len(audit.UNLOCKED) - 5


def test_the_command_says_that_holes_were_not_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["audit", "--sbom", str(tmp_path / "sbom.json")])
    status = audit.main()
    told = capsys.readouterr().out
    assert status in {WRONG, UNKNOWN}
    assert "NOT CHECKED" in told and "pip check:" in told
    assert json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"
