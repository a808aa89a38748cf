#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: every kind of line in the journal has an id of its own, is written somewhere, and is explained in the catalogue of
# the daemon that writes it, once; the catalogue explains nothing else.  Shown on the sources, and by planted faults.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"

defined() { sed -n 's/^#define \(LMI_EVENT_[A-Z_]*\) "\([0-9a-f]\{32\}\)".*/\1 \2/p' "$1"; }
explained() { sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$@"; }

differ() { # HEADER CATALOGUE...
	header=$1
	shift
	defined "$header" | $awk '{ print $2 }' | sort >"$work/defined"
	explained "$@" | sort >"$work/explained"
	uniq -d "$work/defined" | sed 's/$/: two kinds have this id/'
	uniq -d "$work/explained" | sed 's/$/: explained twice/'
	comm -23 "$work/defined" "$work/explained" | sed 's/$/: not in a catalogue/'
	comm -13 "$work/defined" "$work/explained" | sed 's/$/: no such kind of line/'
}
unwritten() { # HEADER FOLDER
	defined "$1" | while read -r name _; do
		grep -rqw --include='*.c' "$name" "$2" || echo "$name: never written"
	done
}
# Each entry: a subject, a page, an empty line, a text.
entry_faults() { # CATALOGUE...
	$awk 'function finish() { if (id != "" && !(subject && page && text)) print FILENAME ": " id ": no subject, page or text" }
		/^-- / { finish(); id = $2; subject = page = text = 0; next }
		/^Subject: ./ { subject = 1; next }
		/^Documentation: man:/ { page = 1; next }
		/^Defined-By: lightmq$/ { next }
		/^#/ { next }
		/./ { text = 1 }
		END { finish() }' "$@"
}

clean "each kind of line is explained once, and nothing else is" differ "$top/lib/base/event.h" "$top"/systemd/*.catalog.in
clean "each kind of line is written somewhere" unwritten "$top/lib/base/event.h" "$top/src"
clean "each explanation has a subject, a page and a text" entry_faults "$top"/systemd/*.catalog.in
plant a/x.catalog '-- 0123456789abcdef0123456789abcdef' 'Subject: a' '' 'text' '-- 2123456789abcdef0123456789abcdef'
printf '%s\n' '#define LMI_EVENT_A "0123456789abcdef0123456789abcdef" /* a */' '#define LMI_EVENT_B "1123456789abcdef0123456789abcdef" /* b */' >"$work/tree/a/event.h"
finds "an unexplained kind is found" "1123456789abcdef0123456789abcdef: not in" differ "$work/tree/a/event.h" "$work/tree/a/x.catalog"
finds "an unknown explanation is found" "2123456789abcdef0123456789abcdef: no such" differ "$work/tree/a/event.h" "$work/tree/a/x.catalog"
finds "an entry without a page is found" "no subject, page" entry_faults "$work/tree/a/x.catalog"
finds "a kind that is never written is found" "LMI_EVENT_B: never" unwritten "$work/tree/a/event.h" "$work/tree/a"
plan
