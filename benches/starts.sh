#!/usr/bin/env bash
# Times short runs, in which starting is most of the work: milliseconds of CPU from exec to exit, the mean of 200 runs, by
# perf. With a second program, such as a build of an earlier commit, both take turns: the machine's moods hit them alike.
#
#   benches/starts.sh [OTHER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release --quiet
# Copies, as cargo install makes one: what the linker wrote lies in the page cache in smaller pieces, and starts a sixth
# slower.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
programs=()
for program in "${CARGO_TARGET_DIR:-target}/release/unpark" "$@"; do
  copy="$folder/${#programs[@]}-$(basename "$program")"
  cp "$program" "$copy"
  programs+=("$copy")
done
mean() { # the command
  perf stat -r 20 -e task-clock -x, "$@" 2>&1 > /dev/null | awk -F, '/task-clock/ { print $1 }'
}
echo "| what | ms of CPU |"
echo "|---|---:|"
for arguments in "--help" "triage testdata/orders/crash.log" "triage testdata/series/after.pb.gz"; do
  means=$(for _ in 1 2 3 4 5 6 7 8 9 10; do
    for program in "${programs[@]}"; do
      # shellcheck disable=SC2086 # words of one line
      echo "$program $(mean "$program" $arguments)"
    done
  done)
  for program in "${programs[@]}"; do
    awk -v program="$program" -v name="${program##*/}" -v what="$arguments" '$1 == program { sum += $2; n++ }
      END { printf "| %s %s | %.1f |\n", name, what, sum / n }' <<< "$means"
  done
done
