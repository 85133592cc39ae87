#!/usr/bin/env bash
# Runs every fuzzer for FUZZ_SECONDS (60), from its corpus in the tree, and prints how many runs it makes
# in a second of processor time; less than FUZZ_FLOOR (100) is a failure, because a fuzzer that makes few
# runs finds little. What it finds is added to build-fuzz/corpus; a crash is left in build-fuzz and ends
# all. tests/fuzz/run.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C
floor=${FUZZ_FLOOR:-100}
cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build build-fuzz -j "$(nproc)" --target fuzzers -- --quiet
cd build-fuzz
if [ $# -eq 0 ]; then
    set -- $(basename -a -s .c ../tests/fuzz/fuzz_*.c | sed 's/^fuzz_//')
fi
TIMEFORMAT='%U %S'
slow=
for name in "$@"; do
    mkdir -p "corpus/fuzz_$name"
    log=corpus/fuzz_$name.log
    if ! times=$({ time "tests/fuzz_$name" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 \
        -artifact_prefix="fuzz_$name-" "corpus/fuzz_$name" "../tests/fuzz/corpus/$name" \
        >"$log" 2>&1; } 2>&1); then
        tail -40 "$log"
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
    rate=$(awk -v runs="$runs" -v times="$times" 'BEGIN { split(times, t, " "); print int(runs / (t[1] + t[2])) }')
    printf '%-14s %7d runs per second, %9d runs, %5d new inputs\n' "$name" "$rate" "$runs" "$new"
    [ "$rate" -ge "$floor" ] || slow+=" $name"
done
if [ -n "$slow" ]; then
    echo "fewer than $floor runs per second:$slow" >&2
    exit 1
fi
