#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Claim: what only some rooms may do (only.txt: libev, OpenSSL, libyaml, libsystemd, files, time, chance, threads) is done
# nowhere else.  Shown by reading the code of lib/ and src/, and by planted faults that must be found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/house/house.sh"

only() { # ROOT
	code "$1" $(sources "$1" lib src) | $awk -v table="$house/only.txt" '
		function allowed(key, file,    n, w, i) {
			n = split(where[key], w, " ")
			for (i = 1; i <= n; i++)
				if (w[i] == file || (w[i] ~ /\/$/ && index(file, w[i]) == 1)) return 1
			return 0
		}
		BEGIN {
			while ((getline line < table) > 0) {
				if (line ~ /^(#|$)/) continue
				n = split(line, w, " ")
				where[w[1] " " w[2]] = ""
				for (i = 3; i <= n; i++) where[w[1] " " w[2]] = where[w[1] " " w[2]] " " w[i]
				if (w[1] == "include") include[w[2]] = 1
				else if (w[1] == "call") call[w[2]] = 1
				else print table ": what is " w[1] "?"
			}
		}
		{
			file = $0; sub(/:.*/, "", file)
			at = $0; sub(/^[^:]*:/, "", at); sub(/:.*/, "", at)
			text = $0; sub(/^[^:]*:[^:]*:/, "", text)
			if (text ~ /^[ \t]*#[ \t]*include/) {
				name = text; sub(/^[^<"]*[<"]/, "", name); sub(/[>"].*/, "", name)
				for (p in include)
					if (index(name, p) == 1 && !allowed("include " p, file)) print file ":" at ": <" name "> does not belong here"
				next
			}
			# Calls: a name and a bracket, not a member, not the tail of another name, not a declaration.
			while (match(text, /[A-Za-z_][A-Za-z_0-9]*\(/)) {
				name = substr(text, RSTART, RLENGTH - 1)
				before = substr(text, 1, RSTART - 1)
				text = substr(text, RSTART + RLENGTH)
				if (!(name in call) || before ~ /(\.|->)[ \t]*$/) continue
				if (before ~ /(^|[^A-Za-z_0-9])(int|void|char|bool|ssize_t|size_t|int64_t|FILE)[ \t*]+$/) continue
				if (!allowed("call " name, file)) print file ":" at ": " name "() does not belong here"
			}
		}'
}

clean "each room does only what is its own" only "$top"
plant src/broker/handle/x.c '#include <ev.h>'
finds "libev outside lib/io is found" "src/broker/handle/x.c:1: <ev.h>" only "$work/tree"
plant src/conf/conf.c '#include <systemd/sd-daemon.h>'
finds "libsystemd outside src/host is found" "<systemd/sd-daemon.h>" only "$work/tree"
plant lib/client/x.c '#include <openssl/hmac.h>'
finds "OpenSSL outside lib/io and lib/crypt is found" "<openssl/hmac.h>" only "$work/tree"
plant src/host/x.c '#include <yaml.h>'
finds "libyaml outside src/conf is found" "<yaml.h>" only "$work/tree"
plant src/store/x.c 'void f(void) { int r = rename(a, b); }'
finds "a file call outside src/disk is found" "src/store/x.c:1: rename()" only "$work/tree"
plant lib/wire/x.c 'long f(void) { return time(NULL); }'
finds "a look at the system's clock is found" "time()" only "$work/tree"
plant src/store/x.c '/* rename(a, b) */' 'int f(void) { return d->ops->rename(d, "open(x)", ops.open(d)); }' 'static int open(int x)' 'int my_open(int x);'
clean "comments, strings, members and declarations are no calls" only "$work/tree"
plan
