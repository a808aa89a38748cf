#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: lightmq-protocol(7) says what the code does: requests that broker, name server and clients serve, answers, limits,
# property names, and no field that does not exist.  Shown by comparing the page with the tables in both directions, and
# by planted differences that must be found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
page=$top/man/lightmq-protocol.7

# What the page has under a heading: "NUMBER NAME" of each code in a .It line, with FIRST behind those of the first listener.
page_codes() { # PAGE HEADING
	$awk -v heading="$2" '/^\.Sh / { on = $0 == ".Sh " heading }
		on && /^\.It [0-9]/ {
			first = /\(first listener\)/ ? " FIRST" : ""
			for (i = 2; i + 2 <= NF; i++) if ($(i + 1) == "Dv") print $i, $(i + 2) first
		}' "$1" | sort
}

# Names behind a prefix to "NUMBER NAME", by lib/wire/codes.h.
numbered() { # PREFIX
	$awk -v prefix="$1" 'NR == FNR { if ($1 ~ "^" prefix) { gsub(",", "", $3); number[$1] = $3 } next }
		{ n = number[prefix $1]; $1 = n " " $1; print }' "$top/lib/wire/codes.h" - | sort -u
}

broker_codes() {
	sed -n 's/^\t{ LMI_REQ_\([A-Z0-9_]*\), \([A-Z0-9_]*\),.*/\1 \2/p' "$1" | sed -e 's/ ON_VIP$//' -e 's/ 0$/ FIRST/' | numbered LMI_REQ_
}
namesrv_codes() { sed -n 's/^\t{ LMI_REQ_\([A-Z0-9_]*\), .*/\1/p' "$1" | numbered LMI_REQ_; }
client_codes() { sed -n 's/^\tcase LMI_REQ_\([A-Z0-9_]*\):.*/\1/p' "$@" | numbered LMI_REQ_; }
answer_codes() { grep -ohE 'LMI_RSP_[A-Z_]+' "$@" | sed 's/LMI_RSP_//' | numbered LMI_RSP_; }

differ() { # WHAT-THE-CODE-HAS WHAT-THE-PAGE-HAS: files
	comm -23 "$1" "$2" | sed 's/$/: not in the page/'
	comm -13 "$1" "$2" | sed 's/$/: only in the page/'
}

# The page says of these that nobody here serves them.
served_after_all() { # PAGE CODES
	$awk '/^These are served by a Java broker/ { on = 1 } /^\.It/ { on = 0 } on && $1 == ".Dv" { print $2 }' "$1" | while read -r name; do
		grep -q " $name\( \|$\)" "$2" && echo "$name: served, but the page denies it"
	done
}

# Each limit has the number that its header or file gives it.
limits() { # PAGE
	$awk '/^\.It Dv [A-Z0-9_]+ Ta [0-9]+ Ta / { print $3, $5 }' "$1" | while read -r name said; do
		is=$(grep -rhE "^#define $name " "$top/lib" "$top/src" | head -n 1 | sed -E -e 's|/\*.*||' -e "s/^#define $name +//" -e 's/([0-9])u/\1/g')
		[ -n "$is" ] || { echo "$name: no such limit"; continue; }
		[ "$(($is))" = "$said" ] || echo "$name: $(($is)), the page says $said"
	done
}

# Property names that the code has names for, and those of the page.
code_props() { grep -rhoE '(LMI_|TIMER_|TRANSACTION_|define )PROP_[A-Z_0-9]+ "[^"]+"' "$top/lib" "$top/src" | sed 's/.*"\(.*\)"/\1/' | sort -u; }
page_props() { # PAGE
	$awk '/^\.Sh / { on = $2 == "PROPERTIES" } on && /^\.It Li / { for (i = 3; i <= NF; i++) if ($i != ",") print $i }' "$1" | sort -u
}

# Fields that the page names and no code knows.
fields_unknown() { # PAGE
	{
		grep -oE 'X\([A-Z_0-9]+, "[^"]+"\)' "$top/lib/wire/ext_key.h" | sed 's/.*"\(.*\)".*/\1/'
		grep -rhoE '(put_i64|put_host|put_name)\([^"]*"[A-Za-z_]+"' "$top/src" "$top/lib" | sed 's/.*"\(.*\)"/\1/'
	} | sort -u >"$work/known"
	$awk '/^\.Sh / { on = $2 == "REQUESTS" }
		on && ($1 == ".Va" || ($1 == ".Op" && $2 == "Va")) { for (i = $1 == ".Op" ? 3 : 2; i <= NF; i++) if ($i ~ /^[A-Za-z_]+$/) print $i }' "$1" |
		sort -u | comm -13 "$work/known" - | sed 's/$/: no code knows this field/'
}

compare() { # NAME HEADING: what the code has is in $work/code
	page_codes "$page" "$2" >"$work/page"
	[ "$(wc -l <"$work/code")" -gt 5 ]
	ok $? "the code's list for $2 was found"
	clean "$1" differ "$work/code" "$work/page"
}

dispatch=$top/src/broker/handle/dispatch.c
broker_codes "$dispatch" >"$work/broker"
cp "$work/broker" "$work/code"
compare "the page and the broker's table have the same requests" "REQUESTS TO THE BROKER"
namesrv_codes "$top/src/namesrv/handle.c" >"$work/code"
compare "the page and the name server's table have the same requests" "REQUESTS TO THE NAME SERVER"
client_codes "$top/lib/client/client.c" "$top/lib/client/consumer_told.c" >"$work/code"
compare "the page and liblightmq have the same requests to clients" "REQUESTS TO CLIENTS"
answer_codes "$top"/src/broker/handle/*.c "$top"/src/namesrv/*.c >"$work/code"
compare "the page has each answer that is sent, and no other" "ANSWERS"
clean "what the page says is not served is not served" served_after_all "$page" "$work/broker"
clean "limits have the numbers of the code" limits "$page"
code_props >"$work/code"
page_props "$page" >"$work/page"
clean "the page has each property that the code has a name for" differ "$work/code" "$work/page"
clean "each field that the page names is known to the code" fields_unknown "$page"

plant man/x.7 '.Sh REQUESTS TO THE BROKER' '.It 10 Dv SEND_MESSAGE , 11 Dv PULL_MESSAGE' '.Va topic , topyc' '.It 99 Dv NOT_THERE' \
	'.Sh LIMITS' '.It Dv LMI_JSON_DEPTH_MAX Ta 33 Ta nested' '.It Dv NO_LIMIT_MAX Ta 1 Ta of nothing' \
	'.Sh DIFFERENCES' 'These are served by a Java broker' '.Dv SEND_MESSAGE' '.It'
page_codes "$work/tree/man/x.7" "REQUESTS TO THE BROKER" >"$work/page"
finds "a request that the page forgot is found" "310 SEND_MESSAGE_V2: not in the page" differ "$work/broker" "$work/page"
finds "a request that is not served is found" "99 NOT_THERE: only in the page" differ "$work/broker" "$work/page"
finds "a forgotten mark of the first listener is found" "11 PULL_MESSAGE: only in the page" differ "$work/broker" "$work/page"
finds "a wrong limit is found" "LMI_JSON_DEPTH_MAX: 32, the page says 33" limits "$work/tree/man/x.7"
finds "a limit that is not there is found" "NO_LIMIT_MAX: no such limit" limits "$work/tree/man/x.7"
finds "a wrong field is found" "topyc: no code knows" fields_unknown "$work/tree/man/x.7"
finds "a served request that the page denies is found" "SEND_MESSAGE: served" served_after_all "$work/tree/man/x.7" "$work/broker"
plan
