#!/usr/bin/env bash
# Run npm in web/: with this machine's Node where it is 20 or newer, else with the one that the Python registry has.
set -euo pipefail
cd "$(dirname "$0")/.."

is_new_enough() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' && npm --version; }
if ! is_new_enough >/dev/null 2>&1; then
  test -x .venv/bin/npm ||
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/node.txt
  PATH="$PWD/.venv/bin:$PATH"
fi
cd web
exec npm --silent "$@"
