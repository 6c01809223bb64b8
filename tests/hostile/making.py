"""Writes the hostile files of one door into a folder: `python making.py FOLDER tables|papers`; names.json tells their names."""

import importlib
import json
import sys
from pathlib import Path


def main(folder: Path, which: str) -> None:
    folder.mkdir(parents=True)
    names = []
    for number, (name, content) in enumerate(importlib.import_module(which).everything()):
        (folder / str(number)).write_bytes(content)
        names.append(name)
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
