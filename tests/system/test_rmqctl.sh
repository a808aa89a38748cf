#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Claim: rmqctl does what its help says: each command has an example that is understood, each exit status is reached, what goes into a
# pipe is clean, a dead cluster is told in time.  Shown with the built daemons on loopback.
top=${top_srcdir:-$(dirname "$0")/../..}
built=$(cd "${top_builddir:-.}" && pwd)
daemons=$top/tests/conformance/daemons
export NAMESRVD=$built/rmq-namesrvd BROKERD=$built/rmq-brokerd
dir=$(mktemp -d)
trap '"$daemons" "$dir" stop broker; "$daemons" "$dir" stop namesrv; rm -rf "$dir"' EXIT
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$dir/out" "$dir/err"; fi; }

free_port() {
	local p
	for p in $(seq $((12000 + (RANDOM % 9000) * 2)) 11 32000); do
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((p - 2))") 2>/dev/null || { echo "$p"; return; }
	done
}

for try in 1 2 3 4 5; do
	printf 'PEER=ours\nNS_PORT=%s\nBROKER_PORT=%s\n' "$(free_port)" "$(free_port)" >"$dir/settings"
	printf 'mappedFileSizeCommitLog=16MiB\n' >"$dir/broker.set"
	rm -rf "$dir/store"
	"$daemons" "$dir" start namesrv && "$daemons" "$dir" start broker && break
	"$daemons" "$dir" stop broker
	"$daemons" "$dir" stop namesrv
done 2>/dev/null
. "$dir/settings"
export NAMESRV_ADDR=127.0.0.1:$NS_PORT

# does STATUS ARGS…: runs it and holds its exit status against what is wanted
does() {
	local want=$1
	shift
	"$built/rmqctl" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	[ $? = "$want" ]
}
has() { grep -qE -- "$1" "$dir/out"; }

for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do # until the broker has registered
	does 0 cluster show && break
	sleep 0.1
done
has '^broker-a +DefaultCluster +127.0.0.1:'
ok $? "cluster show names the broker"
does 0 topic create orders --queues 4 && has '^created orders on broker-a$'
ok $? "topic create makes a topic"
does 0 topic create orders2 --dry-run && has '^would create orders2' && does 4 topic route orders2
ok $? "--dry-run makes none, and a topic that is not there is 4"
for try in 1 2 3 4 5 6 7 8 9 10; do does 0 topic route orders && break; sleep 0.1; done
has '^broker-a +127.0.0.1:[0-9]+ +rw +4 +4$'
ok $? "topic route names broker, permission and queues"
printf 'one\ntwo\nthree\n' | "$built/rmqctl" send orders --key K --tag A -o name >"$dir/out" 2>"$dir/err" && [ "$(grep -cE '^[0-9A-F]{32}$' "$dir/out")" = 3 ]
ok $? "send takes a message a line and prints an id each"
id=$(head -n 1 "$dir/out")
does 0 topic show orders -o jsonl && [ "$(grep -c '^{"broker":"broker-a","queue":[0-3],"min":0,"max":[0-9],"messages":[0-9],"updated":[0-9]*,"topic":"orders"}$' "$dir/out")" = 4 ]
ok $? "topic show as JSON lines has numbers as numbers"
for try in 1 2 3 4 5 6 7 8 9 10; do # the index is a worker's
	does 0 message find orders K -o json && has '"body":"one"' && break
	sleep 0.1
done
has '"body":"one"' && has '"tag":"A","keys":"K","body":"three"'
ok $? "message find finds by key"
does 0 message show "$id" --topic orders && has '^'"$id"
ok $? "message show finds by unique id"
offset_id=$("$built/rmqctl" message show "$id" -t orders -o yaml | sed -n 's/^  offsetId: "\(.*\)"/\1/p')
does 0 message show "$offset_id" -o json && has "\"offsetId\":\"$offset_id\""
ok $? "message show finds by offset id"
does 4 message find orders none
ok $? "a key that is not there is 4"
does 0 group create billing && does 0 group list -o name && has '^billing$'
ok $? "group create makes a group that group list knows"
does 0 offset reset billing orders --to earliest -o jsonl && has '^\{"broker":"broker-a","queue":0,"position":0\}$'
ok $? "offset reset tells the new positions"
does 0 group lag billing && has '^orders +broker-a +[0-9]+ +[0-9]+ +0 '
ok $? "group lag tells how far a group is behind"
does 0 group lag -o jsonl && has '^\{"group":"billing","lag":3,"queues":4\}$'
ok $? "and all groups at once"
does 2 check lag billing --warn 1 --crit 3 && has '^LAG CRITICAL - billing is 3 messages behind in 4 queues\|lag=3;1;3;0$' &&
	does 1 check lag billing --warn 3 --crit 4 && does 0 check lag billing --warn 4 --crit 5 && has '^LAG OK' && does 3 check lag billing
ok $? "check lag ends as monitoring systems want it"
does 4 group members billing
ok $? "a group that nobody is in is 4"
does 0 config set transactionCheckMax 7 && does 0 config list broker-a && has '^transactionCheckMax +7 '
ok $? "config set changes a setting"
does 1 config set storePathRootDir /tmp && grep -q 'cannot change while running' "$dir/err" && does 1 config set noSuchKey 1
ok $? "a setting that may not change is refused, 1"
does 0 broker status -o json && has '"key":"brokerVersionDesc"'
ok $? "broker status tells everything"
does 0 namesrv config -o name && has '^listenPort$'
ok $? "namesrv config lists settings"
does 0 namesrv set orderMessageEnable true
ok $? "namesrv set changes one"
does 0 topicStatus -t orders && has '^broker-a' && does 0 consumerProgress -g billing && does 0 updateTopic -t orders -r 8 -w 8 -o false
ok $? "mqadmin's names and letters are understood"
"$built/rmqctl" cluster show -b "127.0.0.1:1;" >/dev/null 2>&1
does 5 config set traceOn true -n "$NAMESRV_ADDR" -c DefaultCluster -b nobody
[ $? != 0 ] && does 4 config set traceOn true -b nobody
ok $? "a broker that is not there is 4"
does 5 namesrv set orderMessageEnable false -n "$NAMESRV_ADDR;127.0.0.1:1"
ok $? "what one of two name servers did is 5"
does 2 nonsense && does 2 topic show && does 2 topic list --nonsense && does 2 topic list -o nonsense && does 2
ok $? "wrong use is 2"
start=$SECONDS
does 3 topic list -n 127.0.0.1:1 --timeout 2 && [ $((SECONDS - start)) -le 10 ]
ok $? "a dead cluster is 3, in time"
does 0 why orders && has '^permission +ok +broker-a: rw, 8 to read, 8 to write' && ! has FAILS
ok $? "why finds nothing wrong with a topic"
does 1 why orders billing && has '^group +ok' && has '^members +FAILS +nobody is online +start a consumer'
ok $? "why says that nobody consumes"
does 1 why orders nobody && has '^group +FAILS +broker-a does not know it' && does 1 why nothing && has '^topic +FAILS'
ok $? "why says that a group or topic is not there"
does 1 why orders -n 127.0.0.1:1 --timeout 2 && has '^name server +FAILS'
ok $? "why says that there is no name server"
"$built/rmqctl" completion bash >"$dir/completion"
# shellcheck disable=SC2016
PATH=$built:$PATH bash -c '. "$1"; COMP_WORDS=(rmqctl topic s); COMP_CWORD=2; _rmqctl; [ "${COMPREPLY[*]}" = show ] || exit 1
	COMP_WORDS=(rmqctl topic show ord); COMP_CWORD=3; _rmqctl; [ "${COMPREPLY[*]}" = orders ]' bash "$dir/completion" 2>"$dir/err"
ok $? "completion knows commands, and asks for topics"
does 0 completion fish && does 0 completion zsh && does 2 completion csh
ok $? "there is completion for three shells"
does 0 topic delete orders && has '^deleted orders' && does 0 group delete billing && does 4 topic delete orders
ok $? "topic and group delete; without a terminal nothing is asked"
printf 'evil \033[31m\n' | "$built/rmqctl" send evil --key E >/dev/null 2>"$dir/err"
for try in 1 2 3 4 5 6 7 8 9 10; do does 0 message find evil E && break; sleep 0.1; done
has 'evil' && ! grep -q "$(printf '\033')" "$dir/out"
ok $? "no control character of a message reaches the terminal"


seq 400 | "$built/rmqctl" send peeked -o name >/dev/null 2>"$dir/err"
for try in 1 2 3 4 5 6 7 8 9 10; do does 0 message peek peeked --count 400 -o jsonl && [ "$(wc -l <"$dir/out")" = 400 ] && break; sleep 0.1; done
[ "$(sed 's/.*"body":"\([0-9]*\)".*/\1/' "$dir/out" | sort -n | paste -sd ' ')" = "$(seq 400 | paste -sd ' ')" ]
ok $? "peek shows each message that is there"
does 0 message peek peeked --count 2 -o jsonl && [ "$(wc -l <"$dir/out")" -le 16 ] && has '"body":"400"' && does 4 message peek nothing
ok $? "and with a count the newest only; a topic that is not there is said"

# rmqctl.yaml: the user's own, and one that is named.
mkdir -p "$dir/home/lightmq"
printf 'namesrvAddr: "%s"\noutput: name\n' "$NAMESRV_ADDR" >"$dir/home/lightmq/rmqctl.yaml"
(unset NAMESRV_ADDR; XDG_CONFIG_HOME=$dir/home "$built/rmqctl" cluster show >"$dir/out" 2>"$dir/err") && [ "$(cat "$dir/out")" = broker-a ]
ok $? "name servers and form come from rmqctl.yaml"
XDG_CONFIG_HOME=$dir/home does 0 cluster show -o json && has '^\['
ok $? "options win over it"
printf 'namesrvAddr: 127.0.0.1:1\ntimeout: 1\n' >"$dir/home/lightmq/rmqctl.yaml"
XDG_CONFIG_HOME=$dir/home does 0 cluster show
ok $? "NAMESRV_ADDR wins over it"
(unset NAMESRV_ADDR; XDG_CONFIG_HOME=$dir/home does 3 cluster show)
ok $? "what it says is used"
printf '# mine\nnamesrvAdr: 127.0.0.1:1\n' >"$dir/bad.yaml"
does 2 --config "$dir/bad.yaml" cluster show && grep -q "bad.yaml:2: .*namesrvAdr.*namesrvAddr" "$dir/err"
ok $? "a key that is not known ends it with status 2, and is named with file, line and the nearest one"
does 2 --config "$dir/none.yaml" cluster show && grep -q "none.yaml" "$dir/err"
ok $? "so does a named file that is not there"

"$built/rmqctl" --help >"$dir/help"
r=0
: >"$dir/out"
while read -r words; do
	# shellcheck disable=SC2086
	"$built/rmqctl" $words --help >"$dir/one" 2>&1 && grep -q "^rmqctl $words" "$dir/one" && grep -q "^Example: .*rmqctl $words" "$dir/one" ||
		{ r=1; echo "no help of its own: $words" >>"$dir/out"; }
	grep -q "Cm $words" "$top/man/rmqctl.1" || { r=1; echo "not in the page: $words" >>"$dir/out"; }
done < <(sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\)   *[A-Z[].*/\1/p; s/^  \([a-z]* [a-z]*\)    .*/\1/p' "$dir/help" | sort -u)
ok $r "each command has help with an example, and stands in the page"
echo "1..$n"
