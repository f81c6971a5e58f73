#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs libmls alone, builds the README's example with nothing but what was installed, and runs it.
# usage: install.sh BUILD CC CFLAGS
set -eu
build=$1 cc=$2 cflags=$3
source=$(cd "$(dirname "$0")/.." && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --component libmls --prefix "$prefix" >/dev/null
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
# The README shows the example as it is.
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '1d;$d' | cmp - "$source/example/example.c"
# shellcheck disable=SC2046,SC2086 # words are meant to be split
$cc -std=c17 $cflags "$source/example/example.c" $(pkg-config --cflags --libs --static mls-sodium) -o "$prefix/example"
[ "$("$prefix/example")" = "Alice: Hello Bob" ]
pkg-config --exists mls-openssl
