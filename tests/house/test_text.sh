#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: each source file names its licence, each room says its law, each source file is in its folder's fragment, each
# unit test is named after what it tests.  Shown by reading the tree, and by planted faults.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"

# Files that people write, by kind.
written() { # ROOT
	(cd "$1" && find lib src systemd etc man tests bootstrap configure.ac Makefile.am .ci -type f 2>/dev/null | grep -E \
		'(\.([chy]|sh|awk|mk|am|ac|map|in|service|socket|slice|conf|java|go|[1-8])|/run|/bootstrap|^bootstrap)$' |
		grep -v -e /corpus/ -e /golden/ -e /target/ | sort) | by_hand "$1"
}

licence() { # ROOT
	written "$1" | while read -r f; do
		head -n 4 "$1/$f" | grep -qF 'SPDX-License-Identifier: Apache-2.0' || echo "$f: no SPDX line at its head"
	done
}

# The law stands in a header (or the main file) of the room: " * src/store, L2: ...".
laws() { # ROOT
	$awk '/^(#|$)/ { next } { print $1 }' "$house/arrows.txt" | while read -r room; do
		case $room in src|lib/include|lib/examples) continue ;; esac
		[ -d "$1/$room" ] || continue
		ls "$1/$room"/*.[ch] >/dev/null 2>&1 || continue
		grep -qE "^ \* $room, L[0-9]" "$1/$room"/*.[ch] || echo "$room: no file says its law (\" * $room, L...\")"
	done
}

# Each C file stands in a fragment; else it is missing in the tarball.
listed() { # ROOT
	sources "$1" lib src tests | grep -v /corpus/ | while read -r f; do
		stem=${f%.c}
		dir=$(dirname "$f")
		while [ "$dir" != . ]; do
			for mk in "$1/$dir"/*.mk; do
				[ -f "$mk" ] || continue
				rel=${f#"$dir"/}
				relstem=${stem#"$dir"/}
				grep -qE "%D%/($rel|$relstem)( |\$)" "$mk" && continue 3
			done
			dir=$(dirname "$dir")
		done
		echo "$f: in no fragment"
	done
}

long() { # ROOT
	sources "$1" lib src | while read -r f; do
		n=$(wc -l <"$1/$f")
		[ "$n" -le 1000 ] || echo "$f: $n lines"
	done
}

clean "each file names its licence" licence "$top"
clean "each room says its law" laws "$top"
clean "each C file is listed in a fragment" listed "$top"
clean "no source file is over 1000 lines" long "$top"

plant lib/base/x.c 'int x;'
finds "a file without a licence is found" "lib/base/x.c: no SPDX" licence "$work/tree"
finds "a room without a law is found" "lib/base: no file says its law" laws "$work/tree"
echo 'lib_base_libbase_la_SOURCES = %D%/xx.c %D%/x.cc' >"$work/tree/lib/base/base.mk"
finds "a file in no fragment is found" "lib/base/x.c: in no fragment" listed "$work/tree"
echo 'lib_base_libbase_la_SOURCES = %D%/x.c' >"$work/tree/lib/base/base.mk"
clean "a file in a fragment is in order" listed "$work/tree"
$awk 'BEGIN { for (i = 0; i < 1001; i++) print "int x;" }' >"$work/tree/lib/base/x.c"
finds "a very long file is found" "lib/base/x.c: 1001 lines" long "$work/tree"
plan
