#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What sending costs a program that links the library: make bench-client.
#   client.sh              own daemons with an empty store
#   client.sh HOST:PORT    a cluster that runs, whoever made it
# BENCH_SECONDS is measured for each line, 3 by default.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
if [ $# -eq 0 ]; then
	. "$top_srcdir/tests/bench/daemons.sh"
	start_daemons -o mappedFileSizeCommitLog=256MiB || exit 1
	set -- "127.0.0.1:$NS_PORT"
	end=$((SECONDS + 10))
	# the broker may not be known to the name server yet
	until "$top_builddir/tests/bench/bench_client" "$1" 0.1 >/dev/null 2>&1 || [ $SECONDS -gt $end ]; do sleep 0.1; done
fi
count=${BENCH_CONSUME:-200000}
"$top_builddir/tests/bench/bench_client" "$1" "${BENCH_SECONDS:-3}" "$count"
"$top_builddir/tests/bench/bench_client" "$1" idle
# Beside it the official clients, where they are: one after the other against the same broker.
jars=${CLIENT_LIB:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/lightmq-conformance/client-5.5.0}
work=$(mktemp -d)
if command -v javac >/dev/null && [ -e "$jars/.complete" ] &&
	javac -nowarn -proc:none -d "$work" -cp "$jars/*" "$top_srcdir/tests/bench/Client.java" 2>/dev/null; then
	java -Xmx512m -Duser.home="$work" -cp "$work:$jars/*" Client "$1" "${BENCH_SECONDS:-3}" "$count" 2>&1 | grep '^java'
else
	echo "java  left out: no javac, or no client in $jars"
fi
if command -v go >/dev/null && cp -r "$top_srcdir/tests/bench/go" "$work/go" && (cd "$work/go" && go build -o main .) >"$work/go.out" 2>&1; then
	"$work/go/main" "$1" "${BENCH_SECONDS:-3}" "$count" 2>&1 | grep '^go'
else
	echo "go    left out: $(tail -n 1 "$work/go.out" 2>/dev/null)"
fi
rm -rf "$work"
