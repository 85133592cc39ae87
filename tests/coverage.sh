#!/usr/bin/env bash
# Line coverage of components/ by the tests that need no server: builds the variant `coverage`, runs
# them, and prints a line per file and the total. tests/coverage.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset coverage --log-level=WARNING >/dev/null
cmake --build build-coverage -j "$(nproc)" -- --quiet
find build-coverage -name '*.gcda' -delete
(cd build-coverage && ctest -j "$(nproc)" -L 'unit|torture|thread' -LE static --output-on-failure | tail -3)
gcovr --root . --filter 'components/.*\.c' --object-directory build-coverage \
    --gcov-ignore-parse-errors --exclude-unreachable-branches
