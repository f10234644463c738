#!/usr/bin/env bash
# Fills the targets' corpora: with what earlier runs found (seeds.tar.xz, by minimise.sh), and from testdata, each file
# unpacked and cut to 64 KiB: a fuzzer learns little from more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
tar -xJf seeds.tar.xz
put() { # target, file
  local name; name=$(printf '%s' "$2" | tr '/' '_')
  mkdir -p "corpus/$1"
  { gzip -dcf "$2" 2>/dev/null || true; } | head -c 65536 > "corpus/$1/$name"
}
while read -r file; do
  case "$file" in
    *.pb.gz) put proto "$file"; put converted "$file"; mkdir -p corpus/packed; head -c 16384 "$file" > "corpus/packed/$(basename "$file")" ;;
    *.txt | *.log | *.txt.gz | *.log.gz) put text "$file"; put compared "$file"; put converted "$file" ;;
  esac
done < <(find ../testdata -type f -size -400k | sort)
for file in ../testdata/crash/sigquit.txt ../testdata/orders/after.debug2.txt ../testdata/orders/after.debug1.txt; do
  head -c 8192 "$file" > /tmp/unpark-seed.$$
  mkdir -p corpus/wrapped
  name=$(basename "$file")
  sed 's/^/shop-1  | /' /tmp/unpark-seed.$$ > "corpus/wrapped/compose.$name"
  sed 's/^/I1120 17:49:36.123456      12 main.go:42] /' /tmp/unpark-seed.$$ > "corpus/wrapped/klog.$name"
  sed 's/^/2026-11-20T17:49:36.123456789Z stderr F /' /tmp/unpark-seed.$$ > "corpus/wrapped/cri.$name"
  sed 's/^/> /' /tmp/unpark-seed.$$ > "corpus/wrapped/quoted.$name"
  sed 's/^/MESSAGE=/; s/$/\n_PID=1\n/' /tmp/unpark-seed.$$ > "corpus/wrapped/journal.$name"
  sed 's/["\\]/\\&/g; s/\t/\\t/g; s/^/{"log":"/; s/$/\\n","stream":"stderr"}/' /tmp/unpark-seed.$$ > "corpus/wrapped/docker.$name"
  { printf '{"msg":"'; sed 's/["\\]/\\&/g; s/\t/\\t/g' /tmp/unpark-seed.$$ | awk '{printf "%s\\n", $0}'; printf '"}\n'; } > "corpus/wrapped/record.$name"
  { sed 's/^/[pod\/a\/b] /' /tmp/unpark-seed.$$; sed 's/^/[pod\/c-1\/d] /' /tmp/unpark-seed.$$; } > "corpus/wrapped/pods.$name"
  rm -f /tmp/unpark-seed.$$
done
mkdir -p corpus/rules corpus/proto_fields corpus/source
for file in ../testdata/source/facts/*.go; do cp "$file" corpus/source/; done
for file in ../testdata/patterns/*/main.go; do head -c 4096 "$file" > "corpus/source/$(basename "$(dirname "$file")").go"; done
for file in ../src/classify/signatures/*.toml; do head -c 4096 "$file" > "corpus/rules/$(basename "$file")"; done
