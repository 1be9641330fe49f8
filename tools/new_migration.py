"""Write the migration from the newest revision to storage/db/tables: `python tools/new_migration.py "add image notes"`.

With `--initial`, writes 0001 anew from an empty database; only until the first release.
"""

import argparse
import re
import subprocess
import sys
import tempfile

from alembic import command

from pictograph_server.storage.db.migrate import MIGRATIONS, alembic_config, head_revision, upgrade
from pictograph_server.storage.db.session import Database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message")
    parser.add_argument("--initial", action="store_true")
    arguments = parser.parse_args()
    versions = MIGRATIONS / "versions"
    if arguments.initial:
        for path in versions.glob("0001_*.py"):
            path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/scratch.sqlite")
        number = 1
        if not arguments.initial:
            upgrade(db)
            number = int(head_revision()) + 1
        slug = re.sub(r"\W+", "_", arguments.message.lower()).strip("_")
        with db.write() as connection:
            config = alembic_config(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            command.revision(config, arguments.message, autogenerate=True, rev_id=f"{number:04d}")
        written = versions / f"{number:04d}_{slug}.py"
    for ruff in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *ruff, written], check=True)
    print(written)


if __name__ == "__main__":
    main()
