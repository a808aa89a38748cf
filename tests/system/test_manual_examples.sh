#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Claim: the EXAMPLES of the manual do what they say.  Shown: each block of theirs is taken out of its page and run, with the
# built programs, against a name server and a broker of this test's own.
#
# A comment before a block says what it is; it holds for the blocks behind it too, until the next one or the next heading:
#   .\" example: run [says TEXT]      a command, with both servers running; its output holds TEXT
#   .\" example: stopped [says TEXT]  the same with the broker stopped
#   .\" example: serve                a daemon: it starts, and ends with status 0 when it is asked to
#   .\" example: config PROGRAM       a configuration that PROGRAM finds good
#   .\" example: shell                several commands that belong together, as "run"
#   .\" example: not REASON           not run here
# Paths of an installed system become those of this test, and its ports take the place of 9876 and 10911.
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
built=$(cd "${top_builddir:-.}" && pwd)
daemons=$top/tests/conformance/daemons
export NAMESRVD=$built/rmq-namesrvd BROKERD=$built/rmq-brokerd
dir=$(mktemp -d)
served=
clean_up() {
	[ -z "$served" ] || kill -KILL "$served" 2>/dev/null
	"$daemons" "$dir" stop broker
	"$daemons" "$dir" stop namesrv
	rm -rf "$dir"
}
trap clean_up EXIT
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$dir/out" "$dir/err" 2>/dev/null | head -n 20; fi; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

free_port() {
	local p
	for p in $(seq $((12000 + (RANDOM % 9000) * 2)) 11 32000); do
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((p - 2))") 2>/dev/null || { echo "$p"; return; }
	done
}

# Another test may take a port between the look and the bind: then others are tried.
start_both() {
	local try
	for try in 1 2 3 4 5; do
		printf 'PEER=ours\nNS_PORT=%s\nBROKER_PORT=%s\n' "$(free_port)" "$(free_port)" >"$dir/settings"
		printf 'mappedFileSizeCommitLog=16MiB\n' >"$dir/broker.set"
		rm -rf "$dir/store"
		"$daemons" "$dir" start namesrv && "$daemons" "$dir" start broker && return
		"$daemons" "$dir" stop broker
		"$daemons" "$dir" stop namesrv
	done 2>/dev/null
}

# The programs under their names; where the manual relies on the standard port, or measures for long, a word more.
make_commands() {
	mkdir -p "$dir/bin" "$dir/cwd" "$dir/etc" "$dir/tmp"
	local p
	for p in "$built"/rmq-brokerd "$built"/rmq-namesrvd "$built"/rmq-store "$built"/rmqctl; do
		[ ! -x "$p" ] || printf '#!/bin/sh\nexec "%s" "$@"\n' "$p" >"$dir/bin/$(basename "$p")"
	done
	# The store that stands for a Java broker's has small files.
	printf '#!/bin/sh\ncase "$*" in */srv/rocketmq/store*) set -- "$@" -o mappedFileSizeCommitLog=16MiB ;; esac\nexec "%s" "$@"\n' \
		"$built/rmq-brokerd" >"$dir/bin/rmq-brokerd"
	printf '#!/bin/sh\nexec "%s/lightmq-demo" --namesrv %s "$@" --count 2000\n' "$built" "$ns" >"$dir/bin/lightmq-demo"
	printf '#!/bin/sh\nexec "%s/lightmq-bench" --namesrv %s "$@" --seconds 1 --warmup 0\n' "$built" "$ns" >"$dir/bin/lightmq-bench"
	printf '#!/bin/sh\nexec "%s" "%s" pid broker\n' "$daemons" "$dir" >"$dir/bin/pidof"
	chmod +x "$dir"/bin/*
}

# The blocks of a page: files N.kind and N.text.
blocks() { # PAGE
	rm -f "$dir"/block.*
	awk -v out="$dir/block." '
		function block() { n++; printf "%s\n", kind > (out n ".kind"); close(out n ".kind"); text = out n ".text" }
		function plain(s) { gsub(/\\&/, "", s); gsub(/\\e/, "\\", s); gsub(/\\-/, "-", s); return s }
		/^\.Sh / { on = /^\.Sh EXAMPLES/; kind = "unmarked" }
		!on { next }
		/^\.\\" example: / { kind = substr($0, 14); next }
		/^\.Dl / { block(); line = plain(substr($0, 5)); sub(/^[$#] /, "", line); print line > text; close(text); next }
		/^\.Bd -literal/ { block(); in_block = 1; next }
		/^\.Ed/ { if (in_block) close(text); in_block = 0; next }
		in_block { line = plain($0); if (kind !~ /^config/) sub(/^[$#] /, "", line); print line > text }' "$1"
}

adapt() { # FILE
	sed -i -e "s|/tmp/|$dir/tmp/|g" -e "s| /opt/| $dir/opt/|g" -e "s| /srv/| $dir/srv/|g" -e "s|=/srv/|=$dir/srv/|g" -e "s| /root/| $dir/root/|g" -e "s|/var/lib/lightmq/broker|$dir/store|g" -e "s|/var/lib/lightmq/|$dir/|g" -e "s|/etc/lightmq|$dir/etc|g" \
		-e "s|127\.0\.0\.1:9876|$ns|g" -e "s|127\.0\.0\.1:10911|127.0.0.1:$BROKER_PORT|g" "$1"
}

run_text() { # FILE
	(cd "$dir/cwd" && PATH=$dir/bin:$PATH timeout 120 bash -eo pipefail "$1") >"$dir/out" 2>"$dir/err" </dev/null
}

run_and_look() { # NAME FILE [says TEXT]
	run_text "$2"
	local r=$?
	[ $r = 0 ] && [ "${3-}" = says ] && { grep -qF -- "$4" "$dir/out" "$dir/err" || r=1; }
	ok $r "$1"
}

serve() { # NAME FILE
	(cd "$dir/cwd" && PATH=$dir/bin:$PATH exec bash -c "exec $(cat "$2")") >"$dir/out" 2>"$dir/err" </dev/null &
	served=$!
	local i
	for ((i = 0; i < 3000; i++)); do
		grep -qE "listening|serving" "$dir/err" && break
		kill -0 "$served" 2>/dev/null || break
		sleep 0.02
	done
	kill -TERM "$served" 2>/dev/null
	wait "$served"
	local r=$?
	served=
	grep -qE "listening|serving" "$dir/err" || r=1
	ok $r "$1"
}

# One block by its kind; with the broker stopped only those that want it so.
one_block() { # PAGE NUMBER STOPPED
	local kind words name text=$dir/block.$2.text
	read -r kind words <"$dir/block.$2.kind"
	name="$1: $(head -n 1 "$text")"
	[ "$kind" = stopped ] && [ "$3" = no ] && return
	[ "$kind" != stopped ] && [ "$3" = yes ] && return
	adapt "$text"
	case $kind in
	run|shell|stopped) run_and_look "$name" "$text" ${words:+"${words%% *}" "${words#* }"} ;;
	serve) serve "$name" "$text" ;;
	config) "$built/$words" --check -c "$text" >"$dir/out" 2>"$dir/err"; ok $? "$name" ;;
	not) skip "$name" "$words" ;;
	*) echo "no comment says what it is" >"$dir/err"; ok 1 "$name" ;;
	esac
}

all_pages() { # STOPPED
	local page i
	for page in "$top"/man/*.[18] "$built"/man/*.5 "$top"/man/*.5 "$top"/man/lightmq-migration.7; do
		[ -f "$page" ] || continue
		blocks "$page"
		for ((i = 1; ; i++)); do
			[ -f "$dir/block.$i.kind" ] || break
			one_block "$(basename "$page")" $i "$1"
		done
	done
}

# What a Java installation would have left; its store is a copy of ours.
make_java() {
	mkdir -p "$dir/opt/rocketmq/conf/2m-2s-async" "$dir/srv/rocketmq" "$dir/root/namesrv" "$dir/namesrv" \
		"$dir/etc/rmq-brokerd.yaml.d" "$dir/etc/rmq-namesrvd.yaml.d"
	touch "$dir/etc/rmq-brokerd.yaml" "$dir/etc/rmq-namesrvd.yaml"
	printf '%s\n' 'brokerClusterName = DefaultCluster' 'brokerName = broker-a' 'brokerId = 0' 'deleteWhen = 04' 'fileReservedTime = 48' \
		'brokerRole = ASYNC_MASTER' 'flushDiskType = ASYNC_FLUSH' >"$dir/opt/rocketmq/conf/broker.conf"
	printf '%s\n' 'brokerClusterName=DefaultCluster' 'brokerName=broker-a' 'brokerId=1' 'brokerRole=SLAVE' 'sendMessageThreadPoolNums=16' \
		>"$dir/opt/rocketmq/conf/2m-2s-async/broker-a-s.conf"
	printf '%s\n' "kvConfigPath=$dir/root/namesrv/kvConfig.json" 'orderMessageEnable=true' >"$dir/opt/rocketmq/conf/namesrv.conf"
	echo '{"configTable":{"ns":{"k":"v"}}}' >"$dir/root/namesrv/kvConfig.json"
	"$daemons" "$dir" stop broker
	cp -r "$dir/store" "$dir/srv/rocketmq/store"
	"$daemons" "$dir" start broker
}

# Messages go through: the broker has registered.
exchange() {
	local try
	for try in 1 2 3 4 5; do
		"$dir/bin/lightmq-demo" --topic Orders >"$dir/out" 2>"$dir/err" && return
	done
	return 1
}

start_both
. "$dir/settings"
ns=127.0.0.1:$NS_PORT
make_commands
exchange # something to look into
ok $? "messages were sent and received"
make_java
exchange
ok $? "and again after a restart of the broker"
all_pages no
"$daemons" "$dir" stop broker
all_pages yes
echo "1..$n"
