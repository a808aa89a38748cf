#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Claim: the examples that the manual shows work: what one sends, each of the others receives, once.
# Shown with the built daemons on loopback.
top=${top_srcdir:-$(dirname "$0")/../..}
built=$(cd "${top_builddir:-.}" && pwd)
daemons=$top/tests/conformance/daemons
export NAMESRVD=$built/rmq-namesrvd BROKERD=$built/rmq-brokerd
dir=$(mktemp -d)
trap '"$daemons" "$dir" stop broker; "$daemons" "$dir" stop namesrv; rm -rf "$dir"' EXIT
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi; }

free_port() {
	local p
	for p in $(seq $((12000 + (RANDOM % 9000) * 2)) 11 32000); do
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((p - 2))") 2>/dev/null || { echo "$p"; return; }
	done
}

# Another test may take a port between the look and the bind: then others are tried.
for try in 1 2 3 4 5; do
	printf 'PEER=ours\nNS_PORT=%s\nBROKER_PORT=%s\n' "$(free_port)" "$(free_port)" >"$dir/settings"
	printf 'mappedFileSizeCommitLog=16MiB\nflushDiskType=ASYNC_FLUSH\n' >"$dir/broker.set"
	rm -rf "$dir/store"
	"$daemons" "$dir" start namesrv && "$daemons" "$dir" start broker && break
	"$daemons" "$dir" stop broker
	"$daemons" "$dir" stop namesrv
done 2>/dev/null
. "$dir/settings"
ns=127.0.0.1:$NS_PORT

for i in 1 2 3 4 5 6; do
	# The first may come before the broker has registered.
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$built/lib/examples/send" "$ns" examples "hello $i" >>"$dir/sent" 2>&1 && break
	done
done
[ "$(grep -c '^stored as' "$dir/sent")" = 6 ]
ok $? "send stores messages"
seq -f 'hello %g' 6 >"$dir/want"
for example in pull lite_pull pop; do
	"$built/lib/examples/$example" "$ns" examples 2>"$dir/err" | sort >"$dir/got"
	diff "$dir/want" "$dir/got" >"$dir/diff"
	r=$?
	ok $r "$example receives each message once"
	[ $r = 0 ] || sed 's/^/# /' "$dir/diff" "$dir/err"
done
"$built/lib/examples/pop" "$ns" examples >"$dir/got" 2>&1
[ ! -s "$dir/got" ]
ok $? "what pop has acknowledged does not come again"
echo "1..$n"
