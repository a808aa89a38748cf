#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: programs that were linked with the library as it was published run with this one: no function is gone, no argument, type or
# enumerator of the public headers has changed.  Shown with abidiff against lib/lightmq.abi, which "make abi-publish" writes when a
# release is tagged, and by planted changes.  Without abidiff test_symbols.sh is what is left.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
lib=${top_builddir:-.}/lib/.libs/liblightmq.so
published=$top/lib/lightmq.abi

harm='enumerator (deletion|change)|type size changed|parameter [0-9]+ of type|return type changed|data member'

# broken PUBLISHED: what would break; additions are none.
broken() {
	abidiff --no-architecture --no-added-syms --no-unreferenced-symbols --suppressions "$top/lib/lightmq.abi.ignore" --hd2 "$top/lib/include" \
		--drop-private-types "$1" "$lib" >"$work/report" 2>&1
	# Bits 1 and 2: it did not work; 8: incompatible.  4 is any change: a new enumerator is allowed.
	code=$?
	[ $((code & 11)) -eq 0 ] && ! { [ $((code & 4)) -ne 0 ] && grep -qE "$harm" "$work/report"; } || cat "$work/report"
}

if [ ! -f "$lib" ]; then
	skip "what was published is as it was" "there is no $lib"
elif ! command -v abidiff >/dev/null; then
	skip "what was published is as it was" "there is no abidiff (package abigail-tools)"
elif [ "$(getconf LONG_BIT)" != 64 ]; then
	skip "what was published is as it was" "it was written down on 64 bits"
elif ! readelf -S "$(readlink -f "$lib")" | grep -q '\.debug_info'; then
	skip "what was published is as it was" "the library has no debug information"
elif readelf -d "$lib" | grep -qE 'NEEDED.*(asan|tsan|ubsan)'; then
	skip "what was published is as it was" "the library is instrumented"
else
	clean "what was published is as it was" broken "$published"
	sed 's/lmq_client_poll_fd/lmq_client_gone/g' "$published" >"$work/gone.abi"
	finds "a function that is gone is found" lmq_client_gone broken "$work/gone.abi"
	sed "s/name='LMQ_SENT_SLAVE_NOT_AVAILABLE' value='3'/name='LMQ_SENT_SLAVE_NOT_AVAILABLE' value='7'/" "$published" >"$work/value.abi"
	sed "/name='LMQ_SENT_SLAVE_NOT_AVAILABLE'/d" "$published" >"$work/fewer.abi"
	clean "a new enumerator breaks nothing" broken "$work/fewer.abi"
	finds "an enumerator with another value is found" LMQ_SENT_SLAVE_NOT_AVAILABLE broken "$work/value.abi"
fi
plan
