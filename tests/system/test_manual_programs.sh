#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Claim: each example of the library, and each program in its manual (marked "example: program"), compiles as it stands, as C and the
# examples as C++ too, and does what it says.  Shown against a mock that is another process.
set -u
top=${top_srcdir:-.} built=${top_builddir:-.}
work=$(mktemp -d)
# shellcheck disable=SC2206 # words are wanted
cc=(${CC:-cc}) cxx=(${CXX:-c++})
n=0
finish() {
	exec 3>&-
	[ -z "${server:-}" ] || wait "$server"
	rm -rf "$work"
}
trap finish EXIT

ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		tail -n 20 "$work/out" 2>/dev/null | sed 's/^/# /'
		echo "not ok $n - $2"
	fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# A fresh mock with topic orders and ten messages; its address in $namesrv.
start() {
	[ -z "${server:-}" ] || { exec 3>&-; wait "$server"; }
	rm -f "$work/in" "$work/address"
	mkfifo "$work/in"
	"$built/tests/support/mock_server" orders 10 <"$work/in" >"$work/address" 2>&1 &
	server=$!
	exec 3>"$work/in"
	until [ -s "$work/address" ]; do kill -0 "$server" 2>/dev/null || return 1; sleep 0.02; done
	read -r namesrv <"$work/address"
}

# run NAME ARGUMENTS...: an example as make built it; NS stands for the mock's address.
run() {
	local name=$1
	shift
	start && timeout 60 "$built/lib/examples/$name" "${@/#NS/$namesrv}" >"$work/out" 2>&1
	ok $? "$name does what it says"
}
# The same of one that goes on until it is told to end, once it has said something.
run_on() {
	local name=$1 job r
	shift
	start
	: >"$work/out"
	(trap - EXIT && exec timeout 60 "$built/lib/examples/$name" "${@/#NS/$namesrv}" >"$work/out" 2>&1) &
	job=$!
	until [ -s "$work/out" ] || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
	kill -TERM $job
	wait $job
	r=$?
	[ $r -eq 0 ] && [ -s "$work/out" ]
	ok $? "$name does what it says until it is told to end"
}

run send NS orders hello
run send_async NS orders 100
run send_epoll NS orders 100
run_on receive NS orders
run receive_libev NS orders 10
run orderly NS orders
run pull NS orders
run pop NS orders
run lite_pull NS orders
run mock
if [ -x "$built/lib/examples/idempotent" ]; then
	run idempotent NS orders "$work/books.db" 10
	[ "$(grep -c booked "$work/out")" = 10 ]
	ok $? "each message was booked once"
	run idempotent NS orders "$work/books.db" 10
	[ "$(grep -c 'came again' "$work/out")" = 10 ] || [ "$(grep -c booked "$work/out")" = 0 ]
	ok $? "and not a second time when all come again"
else
	skip "idempotent does what it says" "there is no SQLite"
fi

link=(-I"$top/lib/include" -L"$built/lib/.libs" -llightmq -pthread)
export LD_LIBRARY_PATH=$built/lib/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
if grep -q 'sanitizers=[^n]' "$built/config.log" 2>/dev/null; then
	skip "the programs of the manual" "the library is instrumented"
else
	for e in "$top"/lib/examples/*.c; do
		grep -q '<sqlite3.h>' "$e" && [ ! -e /usr/include/sqlite3.h ] && continue
		"${cxx[@]}" -x c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only -I"$top/lib/include" "$e" >"$work/out" 2>&1
		ok $? "$(basename "$e") is C++ too"
	done
	# Between "example: program" and the end of its block, as mandoc would show it.
	program() { # PAGE
		awk '/^\.\\" example: program/ { next_one = 1; next } next_one && /^\.Bd/ { on = 1; next_one = 0; next }
			on && /^\.Ed/ { exit } on { gsub(/\\e/, "\\"); sub(/^\\&/, ""); print }' "$1"
	}
	for page in "$top"/man/*.3; do
		name=$(basename "$page" .3)
		program "$page" | sed "s/127.0.0.1:9876/NAMESRV/" >"$work/page.c"
		[ -s "$work/page.c" ] || { echo "no program in $page" >"$work/out"; ok 1 "the program in $name(3) runs"; continue; }
		start && sed -i "s/NAMESRV/$namesrv/" "$work/page.c" &&
			"${cc[@]}" -Wall -Wextra -Werror -o "$work/page" "$work/page.c" "${link[@]}" >"$work/out" 2>&1 &&
			timeout 60 "$work/page" >"$work/out" 2>&1
		ok $? "the program in $name(3) runs"
	done
fi
echo "1..$n"
