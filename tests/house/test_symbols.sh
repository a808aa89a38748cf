#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: liblightmq.so exports what it promises under LIGHTMQ_0.1 (lmq_), what our programs share with it under
# LIGHTMQ_PRIVATE (lmi_), and nothing else; each promised function stands in a header, in lightmq.map, in the package's
# symbols and in a manual page; libsystemd and libyaml are not linked into users' programs; what the library needs is in
# liblightmq.pc for those who link it statically.  Shown with nm and readelf on the built library, and by planted lists that
# must be refused.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"
lib=${top_builddir:-.}/lib/.libs/liblightmq.so

exported() { nm -D --defined-only "$lib" | $awk '{ print $NF }' | sort; }

# Reads exported symbols with their versions; says which are wrong.
judge() {
	$awk '
		$0 == "LIGHTMQ_0.1" || $0 == "LIGHTMQ_PRIVATE" || /^LIGHTMQ_[0-9.A-Z]*@@/ { next }
		/^(__asan|__ubsan|__tsan|__lsan|__sanitizer|__odr_asan|__gcov|mangle_path)/ { next } # instrumented builds
		!/^lmq_[a-z0-9_]+@@LIGHTMQ_[0-9]+\.[0-9]+$/ && !/^lmi_[a-z0-9_]+@@LIGHTMQ_PRIVATE$/ { print "should not be exported: " $0 }'
}

map_names() { $awk '/^LIGHTMQ_PRIVATE/ { exit } /^[ \t]*lmq_[a-z0-9_]+;/ { gsub(/[ \t;]/, ""); print }' "$1" | sort; }

# The functions that the installed headers promise.
header_names() {
	code "$1" $(sources "$1" lib/include) | $awk '
		{ sub(/^[^:]*:[^:]*:/, "") }
		/^[ \t]*#/ { next }
		/LMQ_API/ { on = 1; sub(/.*LMQ_API/, "") }
		on && match($0, /lmq_[a-z0-9_]+[ \t]*\(/) { name = substr($0, RSTART, RLENGTH); gsub(/[ \t(]/, "", name); print name; on = 0 }' | sort
}

man_names() { $awk '/^\.(Fn|Fo|Nm) lmq_/ { print $2 }' "$top"/man/*.3 | sort -u; }
symbols_names() { $awk '/^ lmq_/ { sub(/@.*/, "", $1); print $1 }' "$top/debian/liblightmq0.symbols" | sort; }

# differ A B: lines that stand in one list only.
differ() {
	comm -23 "$1" "$2" | sed "s|^|only in $3: |"
	comm -13 "$1" "$2" | sed "s|^|only in $4: |"
}

# not_told PC LIBRARIES: those of LIBRARIES, one a line, that a static link by this file would not find.
not_told() {
	pkg-config --static --libs "$1" | tr ' ' '\n' | sed -n 's/^-l/lib/p' | sort -u >"$work/told"
	sort -u "$2" | comm -23 - "$work/told" | sed 's/$/: not in Libs.private nor Requires.private/'
}

header_names "$top" >"$work/header"
map_names "$top/lib/lightmq.map" >"$work/map"
[ -s "$work/header" ] && [ -s "$work/map" ]
ok $? "the headers and the map promise something"
clean "each function of the headers is in lightmq.map, and the reverse" differ "$work/header" "$work/map" header lightmq.map
man_names >"$work/man"
clean "each promised function has a manual page" sh -c "comm -23 '$work/header' '$work/man'"
if [ -f "$top/debian/liblightmq0.symbols" ]; then
	symbols_names >"$work/symbols"
	clean "each promised function is in the package's symbols, and the reverse" differ "$work/header" "$work/symbols" header liblightmq0.symbols
fi
if [ -f "$lib" ] && command -v nm >/dev/null; then
	exported >"$work/exported"
	clean "the library exports nothing but lmq_ and lmi_, each under its version" judge <"$work/exported"
	$awk '/^lmq_/ { sub(/@.*/, ""); print }' "$work/exported" | sort >"$work/real"
	clean "every promised function is really there" differ "$work/header" "$work/real" header library
	clean "libsystemd and libyaml are not linked into the library" sh -c "readelf -d '$lib' | grep -E 'NEEDED.*(systemd|yaml)'"
	# openssl's flags name libssl as well; instrumented builds link it though nothing uses it.
	readelf -d "$lib" | sed -n 's/.*NEEDED.*\[\(lib[a-z0-9]*\)\.so.*/\1/p' | grep -vxE 'lib(c|m|ssl|[atl]san|ubsan)' >"$work/needed"
	pc=${top_builddir:-.}/lib/liblightmq.pc
	if command -v pkg-config >/dev/null; then
		clean "liblightmq.pc tells who links statically all that the library needs" not_told "$pc" "$work/needed"
		printf '%s\n' libz libplanted >"$work/needed"
		finds "a library that it does not tell is found" libplanted not_told "$pc" "$work/needed"
	else
		skip "liblightmq.pc tells who links statically all that the library needs" "there is no pkg-config"
	fi
else
	skip "the library exports nothing but lmq_ and lmi_" "there is no $lib"
fi
printf '%s\n' lmq_x@@LIGHTMQ_PRIVATE >"$work/list"
finds "a promise under the private version is found" lmq_x@@LIGHTMQ_PRIVATE judge <"$work/list"
printf '%s\n' lmi_x@@LIGHTMQ_0.1 >"$work/list"
finds "a private symbol under the promised version is found" lmi_x@@LIGHTMQ_0.1 judge <"$work/list"
printf '%s\n' bytes_copy@@LIGHTMQ_PRIVATE >"$work/list"
finds "a symbol without our prefix is found" bytes_copy judge <"$work/list"
printf '%s\n' lmq_a >"$work/a"
printf '%s\n' lmq_a lmq_b >"$work/b"
finds "a function missing in one place is found" "only in map: lmq_b" differ "$work/a" "$work/b" header map
plant lib/include/lightmq/x.h 'LMQ_API const char *' 'lmq_two_lines(int a);' '/* LMQ_API int lmq_comment(void); */'
header_names "$work/tree" >"$work/found"
[ "$(cat "$work/found")" = lmq_two_lines ]
ok $? "a prototype over two lines is read, a comment is not"
plan
