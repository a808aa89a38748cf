#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: each header can be included alone; the installed ones also by C99 and C++ programs, without our flags.  Shown by
# compiling each, and by a planted header that cannot stand alone.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
cc=${CC:-cc}
cxx=${CXX:-c++}

# alone ROOT HEADER COMPILER...: what the compiler says of a file that includes this header only, twice.
alone() {
	root=$1 header=$2
	shift 2
	printf '#include "%s"\n#include "%s"\nint lightmq_only_headers;\n' "$root/$header" "$root/$header" >"$work/unit"
	"$@" -fsyntax-only "$work/unit" 2>&1
}
internal() { # ROOT
	sources "$1" lib/base lib/wire lib/rules lib/crypt lib/io lib/client lib/mock src | grep '\.h$' | while read -r h; do
		alone "$1" "$h" $cc -x c -std=gnu17 -D_GNU_SOURCE -I"$1/lib" -I"$1/src" -I"$1/lib/include" -I"$1"
	done
}
installed() { # LANGUAGE-AND-FLAGS...
	sources "$top" lib/include | grep '\.h$' | while read -r h; do
		alone "$top" "$h" "$@" -I"$top/lib/include" -Wall -Wextra -pedantic-errors -Werror
	done
}

if command -v "${cc%% *}" >/dev/null; then
	clean "each header of ours stands alone" internal "$top"
	clean "each installed header stands alone in C99" installed $cc -x c -std=c99
	plant lib/base/x.h 'size_t f(struct lmi_span s);'
	finds "a header that needs another is found" "error:" internal "$work/tree"
else
	skip "each header stands alone" "no C compiler"
fi
if command -v "${cxx%% *}" >/dev/null; then
	clean "each installed header stands alone in C++11" installed $cxx -x c++ -std=c++11
else
	skip "each installed header stands alone in C++11" "no C++ compiler"
fi
plan
