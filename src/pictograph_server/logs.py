"""Log lines on standard error: time, level, where, what."""

import logging


def configure_logging(level: str) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    for name in ("pictograph", "pictograph_server"):
        logging.getLogger(name).setLevel(level.upper())
