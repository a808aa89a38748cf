#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a reader of a cold backlog costs those at the tail: latency of sends at a steady rate alone, beside a consumer that reads
# a backlog which is in the page cache, and beside one whose segments are dropped from there each second.  Where there are few
# processors the two readers differ from the first line by the processor's time, and from each other by the disk's.  How often the broker's loop itself is seen waiting for the disk is
# looked at each millisecond: that does not depend on what else the machine does.
#   cold.sh [FOLDER]   where the store is made; default: the build folder; some 1.3 GB are written there and removed
# BENCH_ROUNDS (3), BENCH_SECONDS of each (6), BENCH_RATE of sends a second (200).
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/daemons.sh"
export TMPDIR=${1:-$top_builddir}
rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-6} rate=${BENCH_RATE:-200} jobs=()

bench() { "$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --no-heading "$@"; }

# Every second all segments but the last two leave the page cache.
forget() {
	exec nice python3 - "$DIR/store/commitlog" <<-'P'
	import os, sys, time
	folder = sys.argv[1]
	while True:
	    for name in sorted(os.listdir(folder))[:-2]:
	        fd = os.open(os.path.join(folder, name), os.O_RDONLY)
	        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
	        os.close(fd)
	    time.sleep(1)
	P
}

# watch FILE: the loop's thread and all others, as often as they were seen waiting for the disk, and of how many looks
watch() {
	exec python3 - "$BROKER_PID" "$1" <<-'P'
	import os, signal, sys, time
	pid, out = sys.argv[1], sys.argv[2]
	seen = [0, 0, 0]
	def end(*_):
	    open(out, "w").write("%d %d %d\n" % tuple(seen))
	    os._exit(0)
	signal.signal(signal.SIGTERM, end)
	tasks = os.listdir("/proc/%s/task" % pid)
	while True:
	    for t in tasks:
	        if open("/proc/%s/task/%s/stat" % (pid, t)).read().rsplit(")", 1)[1].split()[0] == "D":
	            seen[0 if t == pid else 1] += 1
	    seen[2] += 1
	    time.sleep(0.001)
	P
}

consume() {
	exec "$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --mode consume --topic backlog --group cold --again \
		--pull 8 --seconds 600 --warmup 0 >/dev/null 2>&1
}

end_jobs() {
	local p
	for p in "${jobs[@]}"; do kill "$p" 2>/dev/null; wait "$p" 2>/dev/null; done
	jobs=()
}

# tail_load NAME: sends at a rate; sets p50 p99 p999
tail_load() {
	local line
	bench --mode sync --topic tail --connections 4 --rate "$rate" --seconds "$seconds" --warmup 1 --json "$DIR/json" >/dev/null || exit 1
	line=$(tail -n 1 "$DIR/json")
	p50=$(field "$line" p50_us) p99=$(field "$line" p99_us) p999=$(field "$line" p99_9_us)
	echo "$1: p50 $p50 us, p99 $p99 us, p99.9 $p999 us"
}
field() { sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p" <<<"$1"; }
read_bytes() { awk '/^read_bytes/ { print $2 }' "/proc/$BROKER_PID/io"; }

start_daemons -o mappedFileSizeCommitLog=64MiB || exit 1
trap 'end_jobs; stop_daemons' EXIT
until [ "$(ls "$DIR/store/commitlog" | wc -l)" -gt 20 ]; do
	bench --mode async --topic backlog --queues 1 --size 4096 --seconds 1 --warmup 0 >/dev/null || exit 1
done
sync -f "$DIR"
for ((i = 0; i < rounds; i++)); do
	tail_load "tail alone"
	alone50=$p50 alone99=$p99
	consume & jobs+=($!)
	tail_load "tail beside a warm reader"
	warm50=$p50 warm99=$p99
	forget & jobs+=($!)
	before=$(read_bytes)
	watch "$DIR/watched" & watcher=$!
	tail_load "tail beside a cold reader"
	awk -v r=$((($(read_bytes) - before) >> 20)) "BEGIN { printf \"cold to alone: p50 %.2f, p99 %.2f; cold to warm: p50 %.2f, p99 %.2f; %d MiB were read from the disk\n\",
		$p50 / $alone50, $p99 / $alone99, $p50 / $warm50, $p99 / $warm99, r }"
	kill $watcher && wait $watcher
	read -r loop workers looks <"$DIR/watched"
	echo "of $looks looks, the loop was waiting for the disk in $loop, workers in $workers"
	end_jobs
done
