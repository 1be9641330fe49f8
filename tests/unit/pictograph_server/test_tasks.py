"""What a job's process loads before it knows its job."""

import subprocess
import sys

WEB = {"fastapi", "starlette", "uvicorn"}
NETWORKS = {"torch", "transformers", "onnxruntime"}


def test_all_tasks__load_no_web_server_and_no_network() -> None:
    program = "import sys, pictograph_server.services.tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & (WEB | NETWORKS) == set()
