# SPDX-License-Identifier: Apache-2.0
# What the house tests share.  Each test is a program over a tree: `test_x.sh` runs it over the sources, which must be
# clean, and over small trees with one planted fault each, which it must find.  TAP goes to stdout.
set -u
LC_ALL=C
export LC_ALL
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
house=$top/tests/house
awk=${AWK:-awk}
[ -f "$top/lib/base/error.h" ] || { echo "Bail out! no sources in $top"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests_run=0

# ok STATUS NAME: one TAP line.  What was found is in $work/found and shown when the test fails.
ok() {
	tests_run=$((tests_run + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests_run - $2"
	else
		echo "not ok $tests_run - $2"
		[ ! -s "$work/found" ] || sed 's/^/# /' "$work/found"
	fi
}
skip() { # NAME REASON
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}
plan() { echo "1..$tests_run"; }

# clean NAME COMMAND...: the command must find nothing (no output).
clean() {
	name=$1
	shift
	"$@" >"$work/found" 2>&1
	[ ! -s "$work/found" ]
	ok $? "$name"
}

# finds NAME TEXT COMMAND...: the command must find what was planted: its output holds TEXT.
finds() {
	name=$1 text=$2
	shift 2
	"$@" >"$work/found" 2>&1
	grep -qF -- "$text" "$work/found"
	ok $? "$name"
}

# plant FILE LINE...: a fresh small tree in $work/tree that holds one file.
plant() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/$(dirname "$1")"
	plant_file=$work/tree/$1
	shift
	printf '%s\n' "$@" >"$plant_file"
}

# Passes the names of files, relative to ROOT, but for what bison made of a .y beside it: a tarball has that too.
by_hand() {
	while read -r by_hand_f; do
		case $by_hand_f in *.[ch]) [ ! -f "$1/${by_hand_f%.?}.y" ] || continue ;; esac
		echo "$by_hand_f"
	done
}

# sources ROOT FOLDER...: the C files of these folders, relative to ROOT.
sources() {
	root=$1
	shift
	(cd "$root" && for f in "$@"; do [ ! -d "$f" ] || find "$f" -name '*.[ch]' -print; done | sort) | by_hand "$root"
}

# code ROOT FILE...: "FILE:LINE:CODE" of each line without comments and with empty strings in place of strings.
code() {
	root=$1
	shift
	(cd "$root" && $awk -f "$house/code.awk" "$@" /dev/null)
}
