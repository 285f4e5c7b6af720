"""Write the golden lists again, to be read in the diff: `PYTHONPATH=tests python -m architecture.update`."""

from __future__ import annotations

from architecture.lists import FOLDER, LISTS, golden, lines


def main() -> None:
    """Write every list; says which ones changed."""
    FOLDER.mkdir(exist_ok=True)
    for name in LISTS:
        path = golden(name)
        text = "\n".join(lines(name)) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: changed")


if __name__ == "__main__":
    main()
