#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vectors.sh MLS-VECTORS KIND: runs the published vectors of a kind, in $MLS_VECTORS or beside the project.
file="${MLS_VECTORS:-../shared/mls-vectors}/$2.json"
if ! test -e "$file"; then
    echo "skipped: there is no $file; MLS_VECTORS names the folder of the published test vectors"
    exit 77
fi
exec "$1" "$file"
