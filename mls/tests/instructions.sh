#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# instructions.sh MLS-BENCH: counts, for a group of 64, what the library itself executes, and how often it asks for each
# primitive, which costs a hundred times as much. Counts do not depend on the machine's mood: times do.
set -eu
program=$1
command -v valgrind >/dev/null || { echo "skipped: valgrind is not here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$program" --suite 3 64 >/dev/null 2>"$folder/log" ||
    { cat "$folder/log"; exit 1; }
callgrind_annotate --auto=no --threshold=100 "$folder/out" >"$folder/self"
callgrind_annotate --threshold=100 --auto=no --inclusive=yes --tree=calling "$folder/out" >"$folder/calls"
failed=0

# at_most WHAT COUNT LIMIT
at_most() {
    if [ "$2" -gt 0 ] && [ "$2" -le "$3" ]; then
        echo "$1: $2 of $3"
    else
        echo "$1: $2, more than $3 (or not counted)"
        failed=1
    fi
}

own=$(grep -F "[$program]" "$folder/self" | sed -E 's/^ *([0-9,]+) .*/\1/' | tr -d , | awk '{ sum += $1 } END { print sum + 0 }')
at_most "instructions of libmls" "$own" 13500000

# calls PRIMITIVE: how often the library calls the provider's function.
calls() {
    sed -nE "s/.*> .*provider_sodium\.c:$1 \(([0-9,]+)x\).*/\1/p" "$folder/calls" | tr -d , |
        awk '{ sum += $1 } END { print sum + 0 }'
}

while read -r primitive limit; do
    at_most "calls of $primitive" "$(calls "$primitive")" "$limit"
done <<'LIMITS'
verify 640
sign 500
dh 240
kem_public 860
hash 5200
hmac 7700
LIMITS
exit $failed
