#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: of each key the manual page and the installed file say what it is, its unit, range, default and whether a reload
# takes it over; the daemon holds itself to that, and reads the key.  Shown with the tables in src/conf, what is printed of
# them, and the built daemons asked for values outside of each range; and by planted gaps that must be found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
built=${top_builddir:-.}

# NAME TYPE LIVE of each key of a table.
table() { # KEYS-FILE
	{ tr '\n' ' ' <"$1"; echo; } | sed 's/{ "/\n{ "/g' | sed -nE \
		's/^\{ "([A-Za-z0-9]+)", CONF_([A-Z]+), "[^"]*", [^"]*("[^"]*"|NULL), (true|false),.*/\1 \2 \4/p'
}

# What stands in the installed file about a key: "FACTS|DEFAULT"; and in the page, in the same form.
file_facts() { # FILE
	$awk '/^# \(/ { facts = $0; sub(/^# \(/, "", facts); sub(/\)$/, "", facts) }
		/^#[A-Za-z0-9]+: / { key = $1; sub(/^#/, "", key); sub(/:$/, "", key); def = substr($0, length($1) + 2)
			gsub(/^"|"$/, "", def); print key "|" facts "|" def; facts = "" }' "$1"
}
page_facts() { # PAGE
	$awk '/^\.It Cm / { key = $3 } /^Type: / { facts = substr($0, 7); sub(/\.$/, "", facts) }
		/^Default: / { def = substr($0, 10); sub(/\.$/, "", def); if (def == "empty") def = ""; print key "|" facts "|" def }' "$1"
}

# Facts must name the unit, a range where there can be one, and whether a reload takes the key over.
incomplete() { # TABLE FACTS
	while read -r key type live; do
		facts=$(sed -n "s/^$key|\(.*\)|.*/\1/p" "$2")
		case $type in
		INT) want='number, -?[0-9]+ to [0-9]+' ;;
		BYTES) want='size in bytes, [0-9]+ to [0-9]+' ;;
		MS) want='milliseconds, [0-9]+ to [0-9]+' ;;
		SECONDS) want='seconds, [0-9]+ to [0-9]+' ;;
		HOURS) want='hours, [0-9]+ to [0-9]+' ;;
		CHOICE) want='choice of [A-Za-z0-9_ ]+' ;;
		*) want=$(echo "$type" | tr '[:upper:]' '[:lower:]') ;;
		esac
		[ "$live" = true ] && reload='taken over by a reload' || reload='needs a restart'
		echo "$facts" | grep -qE "^$want, $reload\$" || echo "$key: \"$facts\" is not \"$want, $reload\""
	done <"$1"
}

# A share has its unit in the sentence.
without_percent() { # FILE
	$awk '/^#$|^$/ { text = "" } /^# / { text = text " " $0 } /^#[A-Za-z0-9]*Ratio: / && text !~ /%|cleanFileForciblyEnable/ { print $1 " no %" }' "$1"
}

defaults_differ() { # FACTS PROGRAM
	"$built/$2" --list-keys | while read -r key type def; do
		[ "$def" = '""' ] && def=
		grep -qxF "$key|$(sed -n "s/^$key|\(.*\)|.*/\1/p" "$1")|$def" "$1" || echo "$key: the default is \"$def\""
	done
}

# Just outside of each range is refused.
outside_taken() { # FACTS PROGRAM
	sed -nE 's/^([A-Za-z0-9]+)\|[a-z ]+, (-?[0-9]+) to ([0-9]+), .*/\1 \2 \3/p' "$1" | while read -r key from to; do
		for value in $((from - 1)) $((to + 1)); do
			"$built/$2" --check -c /dev/null -o "$key=$value" >"$work/said" 2>&1 && echo "$key: $value is taken"
			grep -q "$key: must be from $from to $to" "$work/said" || echo "$key: $value: $(head -n 1 "$work/said")"
		done
	done
}

# What a reload takes over: what NAME_conf_live reads, itself or in functions of its file.  logLevel is the host's.
taken_over() { # SOURCE
	{
		$awk '/^[a-z].*[a-z_]+\([^;]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); if (name ~ /_conf_live$/) wanted[name] = 1 }
			/^}/ { name = "" } name != "" { body[name] = body[name] "\n" $0 }
			END {
				do {
					more = 0
					for (w in wanted) for (f in body)
						if (!(f in wanted) && index(body[w], "\t" f "(")) { wanted[f] = 1; more = 1 }
				} while (more)
				for (w in wanted) print body[w]
			}' "$1" | grep -oE 'conf_[a-z0-9]+\(c, "[A-Za-z0-9]+"' | sed 's/.*"\(.*\)"/\1/'
		echo logLevel
	} | sort -u
}

# Keys that are only there to say that nothing else is possible yet.
said_only=' ioThreads '
unread() { # TABLE
	while read -r key rest; do
		case $said_only in *" $key "*) continue ;; esac
		grep -rqE "conf_(i64|bool|text)\([^\"]*\"$key\"" "$top/src/broker" "$top/src/namesrv" "$top/src/host" "$top"/src/*.c || echo "$key: nobody reads it"
	done <"$1"
}

look() { # PROGRAM KEYS-FILE LIVE-SOURCE
	table "$top/src/conf/$2" >"$work/table"
	[ "$(wc -l <"$work/table")" = "$("$built/$1" --list-keys | wc -l)" ]
	ok $? "$1: every key of the table was read by this test"
	file_facts "$built/etc/$1.yaml" >"$work/file"
	page_facts "$built/man/$1.yaml.5" >"$work/page"
	clean "$1: each key has unit, range and reload in the installed file" incomplete "$work/table" "$work/file"
	clean "$1: each key has unit, range and reload in the page" incomplete "$work/table" "$work/page"
	clean "$1: each key has its default in the installed file" defaults_differ "$work/file" "$1"
	clean "$1: each key has its default in the page" defaults_differ "$work/page" "$1"
	clean "$1: shares say that they are in %" without_percent "$built/etc/$1.yaml"
	clean "$1: what lies outside of a range is refused" outside_taken "$work/page" "$1"
	$awk '$3 == "true" { print $1 }' "$work/table" | sort >"$work/live"
	taken_over "$top/$3" >"$work/taken"
	clean "$1: what a reload takes over is what the table says" diff "$work/live" "$work/taken"
	clean "$1: each key is read" unread "$work/table"
}

look rmq-brokerd keys_broker.c src/broker/broker_conf.c
look rmq-namesrvd keys_namesrv.c src/namesrv/namesrv_conf.c

plant keys.c '	{ "sizeKey", CONF_BYTES, "1", 1, 2 * GiB, NULL, true,' '	  "Help, with commas." },' '	{ "wordKey", CONF_CHOICE, "a", 0, 0, "a b", false, "H." },'
table "$work/tree/keys.c" >"$work/table"
printf 'sizeKey BYTES true\nwordKey CHOICE false\n' >"$work/want"
clean "a table is read, over two lines too" diff "$work/want" "$work/table"
printf 'sizeKey|size, 1 to 2, taken over by a reload|1\nwordKey|choice of a b, taken over by a reload|b\n' >"$work/facts"
finds "a missing unit is found" 'sizeKey: "size, 1 to 2' incomplete "$work/table" "$work/facts"
finds "a wrong word on reloads is found" 'wordKey: "choice of a b, taken' incomplete "$work/table" "$work/facts"
printf 'listenPort|number, 0 to 65535, needs a restart|10912\n' >"$work/facts"
finds "a wrong default is found" 'listenPort: the default is "10911"' defaults_differ "$work/facts" rmq-brokerd
printf 'listenPort|number, 0 to 60000, needs a restart|10911\n' >"$work/facts"
finds "a wrong range is found" 'listenPort: 60001 is taken' outside_taken "$work/facts" rmq-brokerd
plant conf.c 'static void rest(const struct conf *c)' '{' '	x = conf_i64(c, "two");' '}' 'void x_conf_live(const struct conf *c)' '{' \
	'	y = conf_bool(c, "one");' '	rest(c);' '}' 'void other(const struct conf *c)' '{' '	conf_i64(c, "three");' '}'
taken_over "$work/tree/conf.c" | tr '\n' ' ' >"$work/taken"
clean "what a reload takes over is followed into other functions" grep -vxF 'logLevel one two ' "$work/taken"
echo 'noSuchKey INT false' >"$work/table"
finds "a key that nobody reads is found" 'noSuchKey: nobody' unread "$work/table"
printf '# Share.\n# (number)\n#xRatio: 5\n' >"$work/said"
finds "a share without % is found" 'xRatio' without_percent "$work/said"
plan
