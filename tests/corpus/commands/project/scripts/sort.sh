#!/bin/sh
# Sort the lines of a log and drop what is seen twice.
set -eu
. ./scripts/settings.sh
sort $OPTIONS "$1" > "$2"
