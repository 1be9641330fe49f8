"""The child that looks at a video: `python -m pictograph_server.services.videos.look_main FILE MAX_PIXELS`.

Prints one JSON object: `{"facts": {…}}` or `{"refusal": "why"}`. A file that hangs or crashes the decoder takes this
process with it and nothing else.
"""

import json
import resource
import sys
from pathlib import Path

from .reading import NotAVideo, OpenVideo

CPU_S = 20
_MEMORY_BYTES = 4 * 1024**3


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    path, max_pixels = Path(sys.argv[1]), int(sys.argv[2])
    sys.stdout.write(json.dumps(_look(path, max_pixels)))


def _look(path: Path, max_pixels: int) -> dict[str, object]:
    try:
        with OpenVideo(path, max_pixels=max_pixels) as video:
            width, height = video.coded_size_wh
            if width * height > max_pixels:
                return {"refusal": f"its pictures have {width * height:,} pixels and {max_pixels:,} are allowed"}
            return {"facts": video.facts().to_json()}
    except NotAVideo as error:
        return {"refusal": str(error)}
    except MemoryError:
        return {"refusal": "it needs more memory than a video may take"}


if __name__ == "__main__":
    main()
