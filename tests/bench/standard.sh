#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A short standard set of measurements: make bench.
#   standard.sh                       own daemons with an empty store
#   standard.sh HOST:PORT PID[,PID]   a cluster that runs, whoever made it; its broker's pids
# BENCH_SECONDS is measured for each line, 3 by default.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
if [ $# -eq 0 ]; then
	. "$top_srcdir/tests/bench/daemons.sh"
	start_daemons -o mappedFileSizeCommitLog=256MiB || exit 1
	set -- "127.0.0.1:$NS_PORT" "$BROKER_PID"
fi
NAMESRV=$1 PIDS=${2-}
HEADING=

one() {
	"$top_builddir/lightmq-bench" --namesrv "$NAMESRV" ${PIDS:+--cpu-of "$PIDS"} --seconds "${BENCH_SECONDS:-3}" $HEADING "$@" ||
		exit 1
	HEADING=--no-heading
}

one --mode sync --connections 1
one --mode sync --connections 8
one --mode sync --connections 64
one --mode async
one --mode async --size 1024
one --mode async --connections 4 --binary
one --mode oneway
one --mode batch --batch 16
one --mode batch --batch 64
one --mode consume --again
one --mode sync --connections 16 --rate 2000
