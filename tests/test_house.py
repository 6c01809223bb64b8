"""The rules of the house: where things live, which way imports run, how long things may be, and that no table is stale."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "jobs", "dashboard")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
QUERIES = sorted((ROOT / "data").rglob("*.sql"))
TABLES = {ROOT / "data/schema.sql", *(ROOT / "data/migrations").glob("*.sql")}

# One library, one home: the folder or file prefixes that may import it.
HOMES = {
    "duckdb": ("data/database.py",),
    "httpx": ("jobs/carriers/http/",),
    "httpcore": ("jobs/carriers/http/",),
    "apscheduler": ("jobs/schedule.py",),
    "yagmail": ("jobs/mail.py",),
    "smtplib": (),
    "imap_tools": ("jobs/mailbox.py",),
    "imaplib": ("jobs/mailbox.py",),
    "sqlite3": (),
    "typer": ("jobs/command_line.py", "jobs/commands/"),
    "rich": ("jobs/command_line.py", "jobs/commands/"),
    "streamlit": ("dashboard/",),
    "starlette": ("dashboard/",),
    "altair": ("dashboard/charts/", "dashboard/app.py"),
    "argon2": ("data/people/",),
    "pydantic": ("data/settings.py", "jobs/carriers/", "jobs/importing/"),
    "pydantic_settings": ("data/settings.py",),
    "babel": ("data/words.py",),
    "chinese_calendar": ("data/sims/holidays.py",),
    "python_calamine": ("jobs/importing/",),
    "stamina": ("jobs/carriers/http/",),
    "defusedxml": ("jobs/importing/", "jobs/carriers/http/"),
    "lxml": ("jobs/importing/",),
    "rustpy_xlsxwriter": ("jobs/exporting/",),
    "typst": ("jobs/exporting/",),
    "limits": ("dashboard/gate.py",),
    "pypdfium2": ("jobs/importing/",),
    "PIL": ("jobs/importing/",),
    "cryptography": ("data/secrets.py",),
    "apprise": ("jobs/chat.py",),
    "jinja2": ("jobs/letters/",),
}
# What a subject of data/ may use besides itself; SQL may join any table.
COMMON = {"database", "queries", "disk", "settings", "words", "clock", "secrets", "redacting", "deadline"}
COMMON_STORES = {"people", "audit"}
SQL_WORD = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|MERGE\s+INTO|CREATE\s|WITH\s+\w+\s+AS)",
    re.DOTALL,
)


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_the_top_level_holds_what_the_house_says() -> None:
    known = {
        *("dashboard", "jobs", "data", "tests", ".streamlit", "pyproject.toml", "README.md"),
        *("Makefile", "LICENSE", "CHANGELOG.md", "SECURITY.md", "docs", "requirements.lock", "requirements-dev.lock"),
        *(".ci", ".gitignore", ".git", ".venv", "var"),
        *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"),
    }
    assert {path.name for path in ROOT.iterdir()} <= known


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_imports_run_one_way(path: Path) -> None:
    room = rel(path).split("/")[0]
    forbidden = {"data": {"jobs", "dashboard"}, "jobs": {"dashboard"}, "dashboard": {"jobs"}}[room]
    if rel(path) == "dashboard/app.py":
        forbidden = set()  # the door starts the schedule
    assert not {name for name in imports(path) if name.split(".")[0] in forbidden}


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if rel(path).count("/") == 2 and rel(path).startswith("data/")], ids=rel
)
def test_a_subject_uses_other_subjects_rules_only(path: Path) -> None:
    own = rel(path).split("/")[1]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "data" or len(parts) < 2 or parts[1] in COMMON | {own}:
            continue
        if (ROOT / "data" / parts[1]).is_dir() and len(parts) > 2:
            pure = parts[2] in {"rules", "filters"} or parts[2].endswith("_rules")
            assert pure or parts[1] in COMMON_STORES, f"{rel(path)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_each_library_has_one_home(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        if library in HOMES:
            assert rel(path).startswith(HOMES[library]), f"{library} belongs in {HOMES[library]}"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "rules.py"], ids=rel)
def test_rules_are_pure(path: Path) -> None:
    for name in imports(path):
        parts = name.split(".")
        allowed = parts[0] in sys.stdlib_module_names
        allowed |= parts[0] == "data" and (parts[1] == "words" or any(part.endswith("rules") for part in parts))
        assert allowed, f"{rel(path)} imports {name}"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"datetime\.now|date\.today|time\.time\(", text)


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if rel(p).startswith("data/") and rel(p) != "data/clock.py"], ids=rel
)
def test_data_never_asks_for_the_time(path: Path) -> None:
    assert not re.search(r"datetime\.now|date\.today|time\.time\(|utcnow", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [p for p in SOURCES if rel(p) != "data/database.py"], ids=rel)
def test_no_sql_in_python(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL_WORD.match(node.value), f"{rel(path)}:{node.lineno}"


@pytest.mark.parametrize("path", [path for path in QUERIES if path not in TABLES], ids=rel)
def test_queries_are_named_explained_and_use_named_parameters(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = re.split(r"^-- name: ", text, flags=re.MULTILINE)[1:]
    assert blocks
    names = [block.split("\n", 1)[0] for block in blocks]
    assert len(names) == len(set(names))
    for block in blocks:
        name, rest = block.split("\n", 1)
        assert rest.startswith("-- "), f"{name} has no sentence"
        code = re.sub(r"--.*|'[^']*'", "", rest)
        assert "?" not in code, f"{name}: use $name"


def test_every_query_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for path in (path for path in QUERIES if path not in TABLES):
        for name in re.findall(r"^-- name: (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"\.{name}\b|\"{name}\"", code), f"{rel(path)}: {name} is never used"


def test_schema_equals_all_migrations() -> None:
    def built(paths: list[Path]) -> list[tuple[object, ...]]:
        connection = duckdb.connect()
        for path in paths:
            connection.execute(path.read_text(encoding="utf-8"))
        tables = connection.execute("SELECT table_name, sql FROM duckdb_tables() ORDER BY 1").fetchall()
        sequences = connection.execute("SELECT sequence_name FROM duckdb_sequences() ORDER BY 1").fetchall()
        return [*tables, *sequences]

    assert built([ROOT / "data/schema.sql"]) == built(sorted((ROOT / "data/migrations").glob("*.sql")))


def test_session_state_and_caches_live_in_one_file_each() -> None:
    def users(word: str) -> set[str]:
        return {rel(path) for path in SOURCES if re.search(word, path.read_text(encoding="utf-8"))}

    assert users(r"\bsession_state\b") == {"dashboard/viewer.py"}
    assert users(r"\bst\.cache_|cache_(data|resource)\(") == {"dashboard/reading.py"}


@pytest.mark.parametrize("path", SOURCES, ids=rel)
def test_files_and_functions_stay_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (80 if "app_pages" in rel(path) else 300)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{rel(path)}: {node.name}"


def test_broad_excepts_are_few() -> None:
    found = [
        f"{rel(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or getattr(node.type, "id", "") == "Exception")
    ]
    assert len(found) <= 3, found


@pytest.mark.parametrize("path", [path for path in SOURCES if "app_pages" in rel(path)], ids=rel)
def test_pages_neither_sleep_nor_act(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("sleep(", "unsafe_allow_html", "download_button", "st.image(", "st.pdf("):
        assert word not in text
    assert "viewer.enter(" in text, "a page begins by asking who looks"


def test_every_page_is_in_the_menu() -> None:
    from dashboard.menu import PAGES

    assert {row.name for row in PAGES} == {path.stem for path in (ROOT / "dashboard/app_pages").glob("*.py")}


def test_every_job_file_is_in_the_schedule() -> None:
    from jobs.schedule import SCHEDULE

    apart = {
        "__init__",
        "schedule",
        "command_line",
        "mail",
        "mailbox",
        "chat",
        "sending",
        "receiving",
        "recording",
        "settling",
        "refreshing",
    }
    names = {path.stem for path in (ROOT / "jobs").glob("*.py")} - apart
    assert {job.run.__module__.removeprefix("jobs.") for job in SCHEDULE} == names


def test_every_carrier_file_is_in_the_table() -> None:
    from jobs.carriers import CARRIERS

    apart = {
        "__init__",
        "account",
        "accounts",
        "classifying",
        "each",
        "http",
        "one_by_one",
        "pacing",
        "readings",
        "unsayable",
    }
    folder = ROOT / "jobs/carriers"
    # One carrier, one file; or a folder of its name when it passes 300 lines.
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    # Other tests of this process may have put carriers of their own beside ours.
    ours = {name for name, one in CARRIERS.items() if one.module.startswith("jobs.")}
    assert ours == found - apart


def test_the_static_folder_holds_only_the_font_and_the_icon() -> None:
    assert {path.name for path in (ROOT / "dashboard/static").iterdir()} == {
        "Inter.woff2",
        "Inter.LICENSE.txt",
        "icon.png",
    }


def test_the_framework_runs_as_security_says() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["allowedHosts"] == ["127.0.0.1", "localhost"]
    assert config["server"]["fileWatcherType"] == "none"
    assert config["server"]["enableXsrfProtection"] is True
    assert config["client"] == {
        "toolbarMode": "minimal",
        "disableDataExport": True,
        "showErrorDetails": "none",
    }
    assert config["browser"]["gatherUsageStats"] is False
    assert config["runner"]["magicEnabled"] is False


# Words ------------------------------------------------------------------------------------------------------------------


def used_words() -> tuple[set[str], set[tuple[str, str]]]:
    single, plurals = set(), set()
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name in {"_", "N_", "later"} and node.args:
                assert not isinstance(node.args[0], ast.JoinedStr), f"{rel(path)}:{node.lineno} f-string inside _()"
                single.update(texts[:1])
            elif name == "plural" and len(texts) >= 2:
                plurals.add((texts[0], texts[1]))
    return single, plurals


def test_every_sentence_has_its_chinese_and_no_catalogue_holds_more() -> None:
    single, plurals = used_words()
    with (ROOT / "data/locale/zh_CN.po").open("rb") as file:
        chinese = {message.id: message.string for message in read_po(file) if message.id}
    with (ROOT / "data/locale/en.po").open("rb") as file:
        english = {message.id for message in read_po(file) if message.id}
    wanted = single | plurals
    assert not {msgid for msgid in wanted if not chinese.get(msgid)}, "without Chinese"
    assert not {msgid for msgid in chinese if msgid not in wanted}, "no longer used"
    assert english == plurals


def test_translations_fill_the_same_places() -> None:
    with (ROOT / "data/locale/zh_CN.po").open("rb") as file:
        for message in read_po(file):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            places = set(re.findall(r"\{(\w+)", ids[-1]))
            for string in strings:
                assert set(re.findall(r"\{(\w+)", string)) == places, message.id


# The shop window ---------------------------------------------------------------------------------------------------------


def readme_table(heading: str) -> list[list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.split(rf"^#+ {heading}\n", text, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_the_readme_names_every_setting() -> None:
    from data.settings import PREFIX, Settings

    wanted = [[PREFIX + name.upper(), str(f.default), str(f.description)] for name, f in Settings.model_fields.items()]
    assert readme_table("Settings") == wanted


def test_the_readme_names_every_page() -> None:
    from dashboard.menu import PAGES
    from data.words import _, speaking

    with speaking("zh_CN"):
        wanted = [[row.name, row.title, _(row.title)] for row in PAGES]
    assert [row[:3] for row in readme_table("Pages")] == wanted


def test_the_readme_names_every_job() -> None:
    from jobs.schedule import SCHEDULE

    assert readme_table("Jobs") == [[job.name, job.trigger, job.sentence] for job in SCHEDULE]


def test_the_readme_names_every_command() -> None:
    from typer.main import get_command

    from jobs.command_line import app

    def leaves(command: object, name: str) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name
        else:
            for key, sub in inner.items():
                yield from leaves(sub, f"{name} {key}".strip())

    assert {row[0].removeprefix("flowcard ") for row in readme_table("Commands")} == set(leaves(get_command(app), ""))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_is_hashed_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find|--extra", text)
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block[:60]


def test_every_module_says_in_one_sentence_what_it_holds() -> None:
    for path in SOURCES:
        doc = ast.get_docstring(tree(path))
        assert doc and not doc.lower().startswith("placeholder"), rel(path)
