#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: the manual says what the programs do: each option of --help is in the page and the reverse, each key of the tables
# is in yaml(5) and in the example file, pages are clean, README names the commands that bootstrap has.  Shown with the
# built programs, and by planted differences that must be found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
built=${top_builddir:-.}

# Long options in a usage text, and those that a page describes (.It Fl -long).
help_options() { grep -oE -- '--[a-z][a-z-]+' | sort -u; }
page_options() { # PAGE
	$awk '/^\.It / { for (i = 2; i < NF; i++) if ($i == "Fl" && $(i + 1) ~ /^-[a-z]/) print "-" $(i + 1) }' "$1" | sed 's/[^a-z-]*$//' | sort -u
}
# Options that are for the build and not in --help.
page_only='--dump-example-config --dump-man-keys'

options_differ() { # HELP-TEXT PAGE
	help_options <"$1" >"$work/help"
	page_options "$2" >"$work/page"
	comm -23 "$work/help" "$work/page" | sed 's/$/: not in the page/'
	comm -13 "$work/help" "$work/page" | while read -r o; do
		case " $page_only " in *" $o "*) ;; *) echo "$o: not in --help" ;; esac
	done
}

keys_differ() { # KEYS FILE PATTERN-BEFORE PATTERN-AFTER
	while read -r key; do
		grep -qE "^$3$key$4" "$2" || echo "$key: not in $2"
	done <"$1"
}

# The reverse: keys of the page, or of the example file, that the program does not list.
keys_too_many() { # KEYS FILE SED-PATTERN
	sed -nE "s/$3/\1/p" "$2" | grep -vxF -f "$1" | sed "s|\$|: only in $2|"
}

lint() { for page in "$@"; do mandoc -T lint -W warning "$page" 2>&1; done; }

commands_missing() { # README HELP
	$awk '/^  [a-z]/ && !/^  LIGHTMQ/ { print $1 }' "$2" | sort -u | while read -r c; do
		[ "$c" = help ] || grep -qF "bootstrap $c" "$1" || echo "bootstrap $c: not in README"
	done
}

# Blocks of EXAMPLES without a comment that says what tests/system/test_manual_examples.sh does with them.
unmarked() { # PAGE...
	for page in "$@"; do
		[ -f "$page" ] || continue
		$awk -v page="${page##*/}" '/^\.Sh / { on = /^\.Sh EXAMPLES/; marked = 0 }
			/^\.\\" example: (run|stopped|serve|config|shell|not)( |$)/ { marked = 1 }
			on && /^\.(Dl|Bd)/ && !marked { print page ": no \".\\\" example:\" comment before: " $0 }' "$page"
	done
}

for p in $(cd "$top/man" && ls *.[18]); do
	program=${p%.*}
	[ -x "$built/$program" ] || continue
	if "$built/$program" --help >"$work/text" 2>&1; then
		clean "--help and page of $program name the same options" options_differ "$work/text" "$top/man/$p"
	else
		cp "$work/text" "$work/found"
		ok 1 "$program --help works"
	fi
done
# Whether a program takes a configuration.  rmqctl has no check of its own: each command reads it.
takes() { # PROGRAM FILE
	case $1 in
	rmqctl) "$built/rmqctl" --config "$2" completion bash ;;
	*) "$built/$1" --check -c "$2" ;;
	esac
}
for program in rmq-namesrvd rmq-brokerd rmqctl; do
	"$built/$program" --list-keys | $awk '{ print $1 }' >"$work/keys"
	[ "$(wc -l <"$work/keys")" -gt 3 ]
	ok $? "$program lists its keys"
	clean "each key of $program is in its page" keys_differ "$work/keys" "$built/man/$program.yaml.5" '\.It Cm ' '$'
	clean "each key of $program is in its example file, commented out" keys_differ "$work/keys" "$built/etc/$program.yaml" '#' ':'
	clean "its page has no other key" keys_too_many "$work/keys" "$built/man/$program.yaml.5" '^\.It Cm ([A-Za-z0-9]+)$'
	clean "nor has its example file" keys_too_many "$work/keys" "$built/etc/$program.yaml" '^#([A-Za-z0-9]+): .*'
	clean "the example file of $program sets nothing" grep -vE '^(#|$)' "$built/etc/$program.yaml"
	takes "$program" "$built/etc/$program.yaml" >"$work/found" 2>&1
	ok $? "the example file of $program is a good configuration"
	sed 's/^#\([A-Za-z0-9]*:\)/\1/' "$built/etc/$program.yaml" >"$work/all.yaml"
	takes "$program" "$work/all.yaml" >"$work/found" 2>&1
	ok $? "with every line uncommented it still is one"
done
# Names of metrics that are only in the code, or only in the page.
metrics_differ() { # CODE PAGE
	grep -oE '"(rocketmq|lightmq)_[a-z_]+"' "$1" | tr -d '"' | sort -u >"$work/told"
	sed -n 's/^\.It Li \(\(rocketmq\|lightmq\)_[a-z_]*\)$/\1/p' "$2" | sort -u >"$work/known"
	comm -3 "$work/told" "$work/known"
}
clean "each metric is in lightmq-metrics(7), and no other" metrics_differ "$top/src/broker/metrics.c" "$top/man/lightmq-metrics.7"
plant man/m.c 'put("lightmq_lost")'
finds "a metric that the page forgot is found" lightmq_lost metrics_differ "$work/tree/man/m.c" "$top/man/lightmq-metrics.7"
"$top/bootstrap" help >"$work/text"
clean "README names every command of bootstrap" commands_missing "$top/README" "$work/text"
if command -v mandoc >/dev/null; then
	clean "the manual pages are clean" lint "$top"/man/*.[1-8] "$built"/man/*.5
	plant man/x.8 '.Dd November 25, 2026' '.Dt X 8' '.Os' '.Sh NAME' '.Nm x' '.Nd y' '.Sh EXAMPLES' 'a' '.Sh DESCRIPTION' '.Xx'
	finds "a bad page is found" x.8 lint "$work/tree/man/x.8"
else
	skip "the manual pages are clean" "no mandoc"
fi
clean "each example of a command, file or daemon says how it is tried" unmarked "$top"/man/*.[158] "$top"/man/*.5.in "$top/man/lightmq-migration.7"
plant man/z.1 '.Sh EXAMPLES' '.Dl $ first' '.\" example: run' '.Dl $ second' '.Sh CAVEATS' '.Dl $ third' '.Sh EXAMPLES' '.Bd -literal'
finds "an example that nobody tries is found" 'before: .Dl $ first' unmarked "$work/tree/man/z.1"
finds "and one behind another heading" 'before: .Bd -literal' unmarked "$work/tree/man/z.1"
printf '  --one X  does it\n  --two    too\n' >"$work/text"
plant man/y.1 '.It Fl o Ar X , Fl -one Ar X' '.It Fl -three'
finds "an option that the page forgot is found" "--two: not in the page" options_differ "$work/text" "$work/tree/man/y.1"
finds "an option that the program forgot is found" "--three: not in --help" options_differ "$work/text" "$work/tree/man/y.1"
echo lostKey >"$work/keys"
finds "a key that the page forgot is found" "lostKey: not in" keys_differ "$work/keys" "$work/tree/man/y.1" '\.It Cm ' '$'
plant man/w.5 '.It Cm lostKey' '.It Cm goneKey'
finds "a key that is only in the page is found" "goneKey: only in" keys_too_many "$work/keys" "$work/tree/man/w.5" '^\.It Cm ([A-Za-z0-9]+)$'
plan
