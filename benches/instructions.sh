#!/usr/bin/env bash
# Counts the instructions that reading takes, by valgrind's callgrind: the same program gives the same number on every
# machine, but for what its libraries choose by processor. With --check it fails where one is 5 % above what
# instructions.tsv has.
#
#   benches/instructions.sh            prints a table to put into instructions.tsv
#   benches/instructions.sh --check
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo build --release --quiet
cargo build --release --quiet --example profiles
release=${CARGO_TARGET_DIR:-target}/release
make=$release/examples/profiles
"$make" debug2 2000 > "$folder/debug2.txt"
"$make" debug1 2000 > "$folder/debug1.txt"
"$make" labelled 2000 > "$folder/labelled.pb"
# Short runs: what a process takes to start shows.
cp testdata/orders/crash.log testdata/series/after.pb.gz "$folder"
for file in debug2.txt debug1.txt labelled.pb crash.log after.pb.gz; do
  count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$release/unpark" triage --threads 1 \
    "$folder/$file" 2>&1 > /dev/null | awk '/Collected/ { print $NF }')
  printf '%s\t%s\n' "$file" "$count"
done > "$folder/now.tsv"
if [ "${1:-}" != --check ]; then
  cat "$folder/now.tsv"
  exit
fi
join -t "$(printf '\t')" <(sort benches/instructions.tsv) <(sort "$folder/now.tsv") |
  awk -F '\t' '{ more = ($3 - $2) / $2 * 100; printf "%s: %d to %d, %+.1f %%\n", $1, $2, $3, more; bad = bad || more > 5 }
    END { exit bad }'
