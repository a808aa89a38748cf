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
"$top_builddir/tests/bench/bench_client" "$1" "${BENCH_SECONDS:-3}"
