#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (60 unless told): fuzz/run.sh [SECONDS] [TARGET...]
# Needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz). An input that takes a second, or 512 MiB, is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# What is freed stays with the sanitizer for a while; with its default, 256 MiB of that would count as ours.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=16}
seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=(text wrapped proto proto_fields packed compared converted rules source); fi
[ -d corpus ] || ./seed.sh
for target in "${targets[@]}"; do
  echo "== $target, $seconds s"
  cargo +nightly fuzz run "$target" --fuzz-dir . -- -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -max_len=65536 \
    -print_final_stats=1
done
