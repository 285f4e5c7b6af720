"""Write the next migration from the difference between the tables of the code and the last revision.

`python tools/make_migration.py "what it does"` starts an embedded server in a temporary folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from engine.db import sqlalchemy_url
from engine.embedded import start
from engine.schema import MIGRATIONS, upgrade


def main() -> None:
    """Compare, write the file with the next four-digit name, and move the head."""
    from alembic import command
    from alembic.config import Config

    if len(sys.argv) != 2:
        raise SystemExit('Uso: python tools/make_migration.py "lo que hace"')
    folder = Path(tempfile.mkdtemp(prefix="andecha-migration-"))
    server = start(folder / "postgres")
    try:
        numbers = sorted(int(path.name[:4]) for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
        if numbers:
            upgrade(server.owner_url)
        number = f"{numbers[-1] + 1 if numbers else 1:04d}"
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes["url"] = sqlalchemy_url(server.owner_url)
        command.revision(config, sys.argv[1], autogenerate=True, rev_id=number)
        (MIGRATIONS / ".current-alembic-head").write_text(number + "\n")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
