#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: each fuzz target survives every file of its corpus.  Shown by replaying corpus/TARGET through fuzz_TARGET; a
# target without a corpus, or a corpus without a target, is a failure.
set -u
LC_ALL=C
export LC_ALL
fuzz=${top_srcdir:-.}/tests/fuzz
built=${top_builddir:-.}/tests/fuzz
n=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		tail -n 30 "$out" | sed 's/^/# /'
	fi
}

for source in "$fuzz"/fuzz_*.c; do
	[ -f "$source" ] || continue
	target=$(basename "$source" .c)
	target=${target#fuzz_}
	set -- "$fuzz/corpus/$target"/*
	if [ ! -f "$1" ]; then
		echo "there is no file in corpus/$target" >"$out"
		result 1 "$target has a corpus"
		continue
	fi
	"$built/fuzz_$target" "$@" >"$out" 2>&1 </dev/null
	result $? "$target survives its corpus of $# files"
done
for folder in "$fuzz"/corpus/*/; do
	[ -d "$folder" ] || continue
	target=$(basename "$folder")
	[ -f "$fuzz/fuzz_$target.c" ] && continue
	echo "there is no fuzz_$target.c" >"$out"
	result 1 "corpus/$target has a target"
done
echo "1..$n"
