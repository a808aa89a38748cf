#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: lightmq-migration(7) names the keys that an import carries over and the defaults that differ, no more and no fewer.
# Shown with rmqctl config import, which is given every key that RocketMQ has, and by planted differences that must be
# found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
built=${top_builddir:-.}
page=$top/man/lightmq-migration.7

java_keys() { sed -nE 's/^\t\{ "([A-Za-z0-9]+)", .*/\1/p' "$@"; }

# What an import of a file with every key carries, or does not for its value only.
carried() { # JAVA-TABLE SERVER
	java_keys "$1" "$top/src/conf/conf_java_netty.h" | sed 's/$/=1/' >"$work/all.conf"
	"$built/rmqctl" config import "$work/all.conf" "$2" -o json >"$work/json" 2>/dev/null
	grep -oE '\{"key":"[A-Za-z0-9]+","value":"[^"]*","line":[0-9]+,"what":"(carried|value)"' "$work/json" | cut -d'"' -f4 | sort
}
page_keys() { # PAGE PROGRAM
	$awk -v mark="$2" '/^\.\\" / { on = $2 == "keys" && $3 == mark } on && $1 == ".Cm" { print $2 }' "$1" | sort
}

# KEY THEIRS OURS of each default that differs, as an import tells them of an empty file.
defaults() {
	for p in broker namesrv; do
		"$built/rmqctl" config import /dev/null $p 2>/dev/null | sed -nE 's/^# ([A-Za-z0-9]+): (.*)  \(here (.*)\)$/\1 \2 \3/p' | sed -e 's/""/empty/g' -e 's/"//g'
	done | sort -u
}
page_defaults() { # PAGE
	$awk '/^\.\\" / { on = $2 == "defaults" } on && /^\.It Cm / { print $3, $5, $7 }' "$1" | sort
}

both_ways() { # WANTED SAID
	comm -23 "$1" "$2" | sed 's/$/: not in the page/'
	comm -13 "$1" "$2" | sed 's/$/: only in the page/'
}

for p in broker namesrv; do
	carried "$top/src/conf/conf_java_$p.c" $p >"$work/wanted"
	[ "$(wc -l <"$work/wanted")" -gt 5 ]
	ok $? "an import for rmq-${p}d carries keys"
	page_keys "$page" "rmq-${p}d" >"$work/said"
	clean "the page has each key that rmq-${p}d carries over, and no other" both_ways "$work/wanted" "$work/said"
done
defaults >"$work/wanted"
[ "$(wc -l <"$work/wanted")" -gt 3 ]
ok $? "an import tells defaults that differ"
page_defaults "$page" >"$work/said"
clean "the page has each default that differs, with both values" both_ways "$work/wanted" "$work/said"

plant man/x.7 '.\" keys rmq-brokerd' '.Cm brokerName ,' '.Cm haListenPort .' '.\" end' '.\" defaults' '.It Cm deleteWhen Ta 05 Ta empty' '.\" end' '.Cm later'
page_keys "$work/tree/man/x.7" rmq-brokerd >"$work/said"
carried "$top/src/conf/conf_java_broker.c" broker >"$work/keys"
finds "a key that is not carried is found" "haListenPort: only in the page" both_ways "$work/keys" "$work/said"
finds "a key that the page forgot is found" "brokerIP1: not in the page" both_ways "$work/keys" "$work/said"
page_defaults "$work/tree/man/x.7" >"$work/said"
finds "a wrong default is found" "deleteWhen 05 empty: only in the page" both_ways "$work/wanted" "$work/said"
plan
