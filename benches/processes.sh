#!/usr/bin/env bash
# Times whole processes on large inputs, beside what reads the same bytes and does nothing with them: wc, cat, zcat; and
# go tool pprof, where Go is installed. Prints CPU seconds, wall seconds and peak MiB: the least of five runs.
#
#   benches/processes.sh [FOLDER]      inputs go there (about 2 GB) and are used again
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-${TMPDIR:-/tmp}/unpark-bench}
mkdir -p "$folder"
cargo build --release --quiet
cargo build --release --quiet --example profiles
release=${CARGO_TARGET_DIR:-$PWD/target}/release
make=$release/examples/profiles
# As cargo install leaves it: what the linker wrote lies in the page cache in smaller pieces, and starts a sixth slower.
unpark=$folder/unpark
cp "$release/unpark" "$unpark"
input() { # file, arguments of the generator
  local file="$folder/$1"
  shift
  [ -s "$file" ] || { "$make" "$@" > "$file.part" && mv "$file.part" "$file"; }
}
input dump.txt debug2 99000
input large.txt debug2 380000
input small.txt debug2 9900
input distinct.txt distinct 100000
input labels.debug1.txt debug1 450000
input labelled.pb labelled 100000
input labelled-2.pb labelled 101000
input dump-2.txt debug2 98000
for dump in dump dump-2; do [ -s "$folder/$dump.txt.gz" ] || gzip -1 -k "$folder/$dump.txt"; done
[ -s "$folder/labelled.pb.gz" ] || gzip -k "$folder/labelled.pb" "$folder/labelled-2.pb"

least() { # what, command: the run with the least CPU
  local what=$1
  shift
  for _ in 1 2 3 4 5; do
    /usr/bin/time -o "$folder/.time" -f '%U %S %e %M' "$@" > /dev/null 2>&1
    awk '{ printf "%.2f %.2f %d\n", $1 + $2, $3, $4 / 1024 }' "$folder/.time"
  done | sort -n | head -1 | awk -v what="$what" '{ printf "| %s | %s | %s | %s |\n", what, $1, $2, $3 }'
}
short() { # what, command: a hundred runs, since one is shorter than what is counted
  local what=$1
  shift
  for _ in 1 2 3 4 5; do
    # shellcheck disable=SC2016 # the inner shell's
    /usr/bin/time -o "$folder/.time" -f '%U %S %e' \
      sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do for j in 0 1 2 3 4 5 6 7 8 9; do "$@" > /dev/null 2>&1; done; done' _ "$@"
    awk '{ printf "%.4f %.4f\n", ($1 + $2) / 100, $3 / 100 }' "$folder/.time"
  done | sort -n | head -1 | awk -v what="$what" '{ printf "| %s | %s | %s | |\n", what, $1, $2 }'
}
size() { du -m --apparent-size "$folder/$1" | cut -f1; }

echo "| what | CPU s | wall s | peak MiB |"
echo "|---|---:|---:|---:|"
for file in small.txt dump.txt large.txt; do
  least "\`wc -l\`, $(size $file) MiB of debug=2" wc -l "$folder/$file"
  least "triage, $(size $file) MiB of debug=2, one thread" "$unpark" triage "$folder/$file" --threads 1
  least "the same, two threads" "$unpark" triage "$folder/$file" --threads 2
done
least "\`zcat\`, $(size dump.txt.gz) MiB of gzip" zcat "$folder/dump.txt.gz"
least "triage of it, one thread" "$unpark" triage "$folder/dump.txt.gz" --threads 1
least "triage of it, two threads" "$unpark" triage "$folder/dump.txt.gz" --threads 2
least "diff of two of those, one thread" "$unpark" diff "$folder/dump.txt.gz" "$folder/dump-2.txt.gz" --threads 1
least "the same, two threads" "$unpark" diff "$folder/dump.txt.gz" "$folder/dump-2.txt.gz" --threads 2
least "\`wc -l\`, $(size labels.debug1.txt) MiB of debug=1" wc -l "$folder/labels.debug1.txt"
least "triage of it, one thread" "$unpark" triage "$folder/labels.debug1.txt" --threads 1
least "triage, 100,000 distinct stacks, $(size distinct.txt) MiB" "$unpark" triage "$folder/distinct.txt" --threads 1
least "triage, profile.proto of 100,000 labelled samples" "$unpark" triage "$folder/labelled.pb.gz"
least "diff of two of those, one thread" "$unpark" diff "$folder/labelled.pb.gz" "$folder/labelled-2.pb.gz" --threads 1
least "the same, two threads" "$unpark" diff "$folder/labelled.pb.gz" "$folder/labelled-2.pb.gz" --threads 2
short "triage, ordinary profile.proto" "$unpark" triage testdata/series/after.pb.gz
short "triage, crash log of 433 goroutines" "$unpark" triage testdata/orders/crash.log
short "\`--help\`" "$unpark" --help
short "\`/bin/true\`, which does nothing" /bin/true
if command -v go > /dev/null; then
  least "\`go tool pprof -top\`, the labelled samples" go tool pprof -top "$folder/labelled.pb.gz"
  least "\`go tool pprof -diff_base\`" go tool pprof -top -diff_base "$folder/labelled.pb.gz" "$folder/labelled-2.pb.gz"
  least "\`go tool pprof -top\`, ordinary profile.proto" go tool pprof -top testdata/series/after.pb.gz
fi
