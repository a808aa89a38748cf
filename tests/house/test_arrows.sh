#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: headers are included downward only, as arrows.txt says, and every room stands in it.  Shown by reading every
# #include "..." of lib/ and src/, and by planted includes that must be found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"

arrows() { # ROOT
	code "$1" $(sources "$1" lib src) | $awk -v table="$house/arrows.txt" '
		function room_of(path) { # the folder; public headers are one room
			sub(/\/[^\/]*$/, "", path)
			if (path ~ /^lib\/include/) return "lib/include"
			return path
		}
		BEGIN {
			while ((getline line < table) > 0) {
				if (line ~ /^(#|$)/) continue
				n = split(line, w, " ")
				known[w[1]] = 1
				for (i = 2; i <= n; i++) may[w[1], w[i]] = 1
			}
		}
		{
			split($0, part, ":")
			from = room_of(part[1])
			if (!(from in known) && !(from in told)) { told[from] = 1; print part[1] ": the room " from " is not in arrows.txt" }
			line = $0; sub(/^[^:]*:[^:]*:/, "", line)
			if (line !~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) next
			name = line; sub(/^[^<"]*[<"]/, "", name); sub(/[>"].*/, "", name)
			if (name ~ /^lightmq\//) to = "lib/include"
			else if (line ~ /include[ \t]*</ || name == "config.h") next
			else if (name !~ /\//) { print part[1] ":" part[2] ": \"" name "\" is included without its room"; next }
			else {
				to = "lib/" name; sub(/\/[^\/]*$/, "", to)
				if (!(to in known)) { to = "src/" name; sub(/\/[^\/]*$/, "", to) }
			}
			if (from != to && !((from, to) in may)) print part[1] ":" part[2] ": " from " may not use " to
		}'
}

clean "headers are included downward only" arrows "$top"
plant lib/wire/frame.c '#include "io/conn.h"'
finds "an upward include in lib is found" "lib/wire may not use lib/io" arrows "$work/tree"
plant src/store/store.c '/* "io/loop.h" */' ' #  include "io/loop.h"'
finds "the store knows no loop" "src/store/store.c:2: src/store may not use lib/io" arrows "$work/tree"
plant src/broker/handle/x.c '#include "disk/disk.h"'
finds "a handler knows no disk" "src/broker/handle may not use src/disk" arrows "$work/tree"
plant lib/base/x.h '#include <lightmq/lightmq.h>'
finds "the floor knows no public header" "lib/base may not use lib/include" arrows "$work/tree"
plant lib/attic/x.c '#include "base/bytes.h"'
finds "a room without a law is found" "the room lib/attic is not in arrows.txt" arrows "$work/tree"
plant lib/wire/x.c '// #include "io/conn.h"' '#include <io.h>' '#include "base/bytes.h"'
clean "comments and system headers are no arrows" arrows "$work/tree"
plan
