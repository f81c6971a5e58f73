#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# names.sh ARCHIVE...: whatever function or error the public headers name, comments included, is defined in the
# libraries (or in the headers themselves).
set -eu
headers=$(dirname "$0")/../include/mls
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' >"$defined"
cat "$headers"/*.h | sed -nE 's/^static inline .*[ *](mls_[a-z0-9_]+)\(.*/\1/p' >>"$defined"
missing=$(
    {
        cat "$headers"/*.h | grep -oE '\bmls_[a-z0-9_]+\(' | tr -d '('
        cat "$headers"/*.h | grep -oE '\b(MLS|BASE)_ERR_[A-Z0-9_]*[A-Z0-9]\b'
    } | sort -u | grep -vxFf "$defined" || true
)
[ -z "$missing" ] || { echo "named but not defined:" "$missing"; exit 1; }
