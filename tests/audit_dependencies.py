"""`make audit`: what is installed against the lock, known holes and licences, without a network. Says what it did not check.

    python tests/audit_dependencies.py --advisories all.zip --sbom sbom.json

The advisories are the export of osv.dev for PyPI (https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip), fetched
elsewhere. Exit status: 0 all is well, 2 something is wrong, 3 nothing is known of holes because the data is missing or old.
"""

import argparse
import json
import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parent.parent
OK, WRONG, UNKNOWN = 0, 2, 3
# Older data has missed what the last weeks found.
TOO_OLD = timedelta(days=14)
# The product itself, and what a virtual environment brings along.
UNLOCKED = {"flowcard", "pip", "setuptools", "wheel"}
COPYLEFT = re.compile(r"\b(AGPL|GPL|GNU (Affero )?General Public|SSPL|EUPL|CC-BY-NC)", re.IGNORECASE)
LESSER = re.compile(r"\b(LGPL|Lesser General Public|MPL|Mozilla)", re.IGNORECASE)
NOT_CHECKED = (
    "Not checked here: Python itself, libraries inside wheels (OpenSSL, DuckDB, image and PDF decoders), the JavaScript that "
    "the framework serves, nginx, the operating system."
)


@dataclass(frozen=True)
class Package:
    """One installed distribution."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class Advisories:
    """What a dated export of advisories says."""

    newest: datetime
    by_package: dict[str, list[dict[str, Any]]]

    @property
    def count(self) -> int:
        return len({told["id"] for told_of in self.by_package.values() for told in told_of})


def installed() -> list[Package]:
    """Everything this interpreter can import, by name."""
    found = {canonicalize_name(one.metadata["Name"]): one for one in distributions()}
    return [Package(name, one.version, licence_of(one)) for name, one in sorted(found.items())]


def licence_of(one: Distribution) -> str:
    told = one.metadata.get("License-Expression")
    if told:
        return str(told)
    classifiers = [line.split(" :: ")[-1] for line in one.metadata.get_all("Classifier") or [] if "License ::" in line]
    return ", ".join(classifiers) or (one.metadata.get("License") or "").strip().split("\n")[0][:80]


def locked(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name, of the lines of a lock that apply to this interpreter."""
    found = {}
    for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()):
        line, *hashes = block.replace("\\\n", " ").split("--hash=")
        try:
            asked = Requirement(line.strip())
        except InvalidRequirement:
            continue
        if asked.marker is None or asked.marker.evaluate({"extra": ""}):
            version = next(iter(asked.specifier)).version
            found[canonicalize_name(asked.name)] = (version, [one.split()[0] for one in hashes])
    return found


def differences(packages: list[Package], lock: dict[str, tuple[str, list[str]]]) -> Iterator[str]:
    """Where what is installed is not what the lock says."""
    for one in packages:
        if one.name in UNLOCKED:
            continue
        if one.name not in lock:
            yield f"{one.name} {one.version} is installed and in no lock"
        elif lock[one.name][0] != one.version:
            yield f"{one.name} {one.version} is installed where the lock says {lock[one.name][0]}"
        elif not lock[one.name][1]:
            yield f"{one.name} has no hash in the lock"
    yield from (
        f"{name} is in the lock and not installed" for name in sorted(lock.keys() - {one.name for one in packages})
    )


def advisories(path: Path) -> Advisories:
    """The export at `path`, a zip of OSV records. Raises ValueError where it holds none."""
    newest, by_package = datetime.min.replace(tzinfo=UTC), {}
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            record = json.loads(file.read(name))
            newest = max(newest, datetime.fromisoformat(record["modified"].replace("Z", "+00:00")))
            for hit in record.get("affected", ()):
                if hit.get("package", {}).get("ecosystem") == "PyPI" and not record.get("withdrawn"):
                    told = {"id": record["id"], "summary": record.get("summary", ""), **hit}
                    by_package.setdefault(canonicalize_name(hit["package"]["name"]), []).append(told)
    if not by_package:
        raise ValueError(f"{path} holds no advisory about a package of PyPI")
    return Advisories(newest, by_package)


def holes(one: Package, known: Advisories) -> Iterator[str]:
    """The advisories that name this version. Raises InvalidVersion for one that cannot be compared."""
    version = Version(one.version)
    for told in known.by_package.get(one.name, ()):
        if one.version in told.get("versions", ()) or any(
            _covers(span["events"], version) for span in told.get("ranges", ()) if span.get("type") == "ECOSYSTEM"
        ):
            yield f"{one.name} {one.version}: {told['id']} {told['summary']}".rstrip()


def _covers(events: list[dict[str, str]], version: Version) -> bool:
    inside = False
    order = {"introduced": 0, "fixed": 1, "last_affected": 2}
    steps = [(Version(said), order[word]) for event in events for word, said in event.items() if word in order]
    for said, word in sorted(steps):
        if word == 0 and version >= said:
            inside = True
        elif (word == 1 and version >= said) or (word == 2 and version > said):
            inside = False
    return inside


def sbom(packages: list[Package], lock: dict[str, tuple[str, list[str]]], *, now: datetime) -> dict[str, Any]:
    """A bill of materials, CycloneDX 1.5."""
    components = []
    for one in packages:
        part: dict[str, Any] = {
            "type": "library",
            "name": one.name,
            "version": one.version,
            "purl": f"pkg:pypi/{one.name}@{one.version}",
        }
        if one.licence:
            part["licenses"] = [{"license": {"name": one.licence}}]
        hashes = [said.removeprefix("sha256:") for said in lock.get(one.name, ("", []))[1]]
        if hashes:
            part["properties"] = [{"name": "flowcard:lock:sha256", "value": said} for said in hashes]
        components.append(part)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {"timestamp": now.isoformat(timespec="seconds")},
        "components": components,
    }


def told_of_holes(packages: list[Package], path: Path | None, *, now: datetime) -> tuple[int, list[str]]:
    """Exit status and lines. Nothing is called checked that was not."""
    try:
        known = advisories(path) if path else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        return UNKNOWN, [f"holes: NOT CHECKED, the advisories cannot be read: {error}"]
    if known is None:
        return UNKNOWN, ["holes: NOT CHECKED, no advisories were given (ADVISORIES=all.zip)"]
    found, audited = [], 0
    for one in packages:
        try:
            found += holes(one, known)
            audited += 1
        except InvalidVersion:
            found.append(f"{one.name} {one.version}: its version cannot be compared")
    age = now - known.newest
    compared = f"{audited} of {len(packages)} installed packages compared with {known.count:,} advisories"
    dated = f"the newest of {known.newest:%Y-%m-%d}, {age.days} days old"
    lines = [f"holes: {len(found)} found; {compared}, {dated}", *(f"  {line}" for line in found)]
    if audited != len(packages) or found:
        return WRONG, lines
    if age > TOO_OLD:
        return UNKNOWN, [*lines, f"  older than {TOO_OLD.days} days: fetch a newer export"]
    return OK, lines


def told_of_licences(packages: list[Package]) -> tuple[int, list[str]]:
    """Exit status and lines: what we may not ship with a permissive licence, and what asks for more than naming it."""
    strict = [f"  {one.name}: {one.licence}" for one in packages if _is_copyleft(one)]
    lesser = [one.name for one in packages if LESSER.search(one.licence)]
    unknown = [one.name for one in packages if not one.licence and one.name != "flowcard"]
    lines = [f"licences: {len(strict)} copyleft", *strict]
    lines += [f"  file- or library-wide copyleft: {', '.join(lesser)}"] if lesser else []
    lines += [f"  say nothing in their metadata: {', '.join(unknown)}"] if unknown else []
    return (WRONG if strict else OK), lines


def _is_copyleft(one: Package) -> bool:
    return bool(COPYLEFT.search(LESSER.sub("", one.licence)))


def main() -> int:
    """Check, tell, write the bill of materials."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--advisories", type=Path)
    asked.add_argument("--sbom", type=Path)
    asked.add_argument("--lock", type=Path, default=ROOT / "requirements-dev.lock")
    given = asked.parse_args()
    now = datetime.now(UTC)
    packages, lock = installed(), locked(given.lock)
    wrong = list(differences(packages, lock))
    print(f"lock: {len(packages)} installed, {len(lock)} locked for this interpreter, {len(wrong)} differences")
    print(*(f"  {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    fits = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    print(f"pip check: {fits.stdout.strip() or fits.stderr.strip()}")
    statuses = [WRONG if wrong or fits.returncode else OK]
    for status, lines in (told_of_licences(packages), told_of_holes(packages, given.advisories, now=now)):
        statuses.append(status)
        print(*lines, sep="\n")
    print(NOT_CHECKED)
    if given.sbom:
        given.sbom.write_text(json.dumps(sbom(packages, lock, now=now), indent=1), encoding="utf-8")
        print(f"bill of materials: {given.sbom}, {len(packages)} components")
    return WRONG if WRONG in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
