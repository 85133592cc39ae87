#!/bin/sh
# make bench-memory
exec /usr/bin/python3 -B "$(dirname "$0")/memory.py" "$@"
