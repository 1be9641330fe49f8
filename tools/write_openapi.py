"""Write the server's OpenAPI document: what the web app's types are made from."""

import json
import sys
import tempfile
from pathlib import Path

from pictograph_server.app import create_app
from pictograph_server.platform import open_platform
from pictograph_server.settings import Settings


def main(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(Settings(data_dir=Path(folder)), migrate_database=True)
        document = create_app(platform).openapi()
        platform.close()
    path.write_text(json.dumps(document, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
