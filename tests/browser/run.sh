#!/usr/bin/env bash
# Opens HTML reports in Chromium and uses them. Installs what is missing (Debian). Usage: run.sh [FOLDER for screenshots]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=${CARGO_TARGET_DIR:-target}
out=${1:-$target/browser}

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  apt-get update && apt-get install -y chromium chromium-driver
fi
venv=$target/browser-venv
if ! "$venv/bin/python" -c 'import selenium' 2>/dev/null; then
  python3 -m venv "$venv" || { apt-get update && apt-get install -y python3-venv && python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet selenium==4.51.0
fi
cargo build --quiet
"$venv/bin/python" tests/browser/reports.py "$target/debug/unpark" "$out"
