#!/usr/bin/env bash
# Runs every fuzzer for FUZZ_SECONDS (60), from its corpus in the tree. What it finds is added to
# build-fuzz/corpus; a crash is left in build-fuzz and ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build build-fuzz -j "$(nproc)" -- --quiet
cd build-fuzz
for file in ../tests/fuzz/fuzz_*.c; do
    [ -e "$file" ] || { echo "no fuzzers yet"; break; }
    name=$(basename "$file" .c)
    mkdir -p "corpus/$name"
    echo "== $name"
    "tests/$name" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 -artifact_prefix="$name-" \
        "corpus/$name" "../tests/fuzz/corpus/${name#fuzz_}" 2>&1 | tail -12
done
