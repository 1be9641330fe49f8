"""Import datasets from another platform, all or those named. Prints the import as JSON.

The key is read from the environment, so that it appears in no list of processes.
"""

import argparse
import os
from typing import get_args

from common import fail, finish

from pictograph import Client, PictographError
from pictograph.models.connector import ConnectorProvider


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("provider", choices=get_args(ConnectorProvider))
    parser.add_argument("names", nargs="*", help="names of datasets; all when left out")
    parser.add_argument("--key-from", default="PROVIDER_API_KEY", help="the variable that holds the key there")
    parser.add_argument("--list", action="store_true", help="only list what could be imported")
    args = parser.parse_args()
    key = os.environ.get(args.key_from, "")
    if not key:
        parser.error(f"set {args.key_from} to your API key of {args.provider}")
    try:
        with Client() as client:
            found = client.connectors.validate(args.provider, key)
            if args.list or not found.valid:
                finish(found, success=found.valid)
            wanted = [each for each in found.datasets if not args.names or each.name in args.names]
            unknown = set(args.names) - {each.name for each in wanted}
            if unknown:
                raise ValueError(f"no such datasets: {', '.join(sorted(unknown))}")
            job = client.connectors.import_(args.provider, key, wanted)
    except (PictographError, OSError, ValueError) as error:
        fail(error)
    else:
        finish(job, success=job.status == "completed" and job.failed_images == 0)


if __name__ == "__main__":
    main()
