#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The store alone, one thread appending, in memory and on the disk; and how long a start takes.
#   store.sh [DISK_FOLDER]   default: the build folder; some 4 GB are written there and removed
set -eu
bench=$top_builddir/tests/bench/bench_store
disk=${1:-$top_builddir}/bench-store-disk
shm=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$shm" "$disk"' EXIT

run() { # WHERE FOLDER BODY_BYTES
	local folder=$2/store
	rm -rf "$folder"
	mkdir -p "$2"
	printf '%s: ' "$1"
	"$bench" "$folder" 2 "$3" | grep '^body'
	rm -rf "$folder"
}

for size in 128 4096; do
	run "memory" "$shm" $size
	NO_INDEX=1 run "memory, no key index" "$shm" $size
	run "disk" "$disk" $size
done
echo "10,000,000 messages of 128 bytes:"
"$bench" "$disk/store" 0 128 64 1 10000000 | grep '^body'
printf 'clean start: ' && "$bench" "$disk/store" 0 | grep opened
KILL=1 "$bench" "$disk/store" 0 128 64 1 100000 >/dev/null
printf 'after a kill with 100,000 more: ' && "$bench" "$disk/store" 0 | grep opened
rm -rf "$disk/store"
echo "100,000 queues:"
"$bench" "$disk/store" 0 128 64 12500 2000000
printf 'clean start: ' && "$bench" "$disk/store" 0
