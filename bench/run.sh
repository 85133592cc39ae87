#!/bin/sh
# make bench
exec /usr/bin/python3 -B "$(dirname "$0")/speed.py" "$@"
