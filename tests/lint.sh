#!/usr/bin/env bash
# clang-format, cppcheck and gcc's analyzer over our own C files.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files '*.c' '*.h')

clang-format --dry-run -Werror "${files[@]}"

mapfile -t sources < <(git ls-files 'components/*.c' 'platform/*.c' 'tools/*.c' 'examples/*.c')
includes=(-I build/config)
for dir in components/*/include components/*/internal components/*/src components/esp-tls/esp-tls-crypto \
    platform/idf platform/include platform/posix/include platform/common; do
    includes+=(-I "$dir")
done
# Only what cppcheck is good at: definite errors and suspicious code, not style opinions.
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability \
    --library=posix --suppress=missingInclude --suppress=arrayIndexThenCheck --suppress=invalidFunctionArg --suppress=preprocessorErrorDirective -D__GNUC__ \
    -j "$(nproc)" "${includes[@]}" "${sources[@]}"
if [ ! -f build/compile_commands.json ]; then
    cmake -S . -B build -G Ninja -DESP_TLS_WERROR=ON --log-level=WARNING >/dev/null
fi
tests/analyze.py build
echo "lint: ${#files[@]} files are in shape"
