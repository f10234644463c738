#!/usr/bin/env bash
# Keeps of each corpus what reaches code that nothing smaller reaches, and packs the small files among it: seeds.tar.xz,
# which seed.sh unpacks. Files of more than 4 KiB stay behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=16}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for target in corpus/*/; do
  target=$(basename "$target")
  mkdir -p "$folder/corpus/$target"
  cargo +nightly fuzz run "$target" --fuzz-dir . -- -merge=1 -max_len=65536 "$folder/corpus/$target" "corpus/$target" 2> /dev/null
done
find "$folder/corpus" -type f -size +4k -delete
tar -C "$folder" --sort=name --mtime=2026-01-01 --owner=0 --group=0 --numeric-owner -cf - corpus | xz -9e > seeds.tar.xz
