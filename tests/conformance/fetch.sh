# SPDX-License-Identifier: Apache-2.0
# Sourced: what the conformance tier takes from the package registries, kept in $CACHE.
CONF=${CONF:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}
CACHE=${LIGHTMQ_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lightmq-conformance}
V5=5.5.0 # newest of each line
V4=4.9.8
SERVER_LIB=$CACHE/server-$V5

# jars FOLDER VERSION [mvn option]...
jars() {
	[ ! -e "$1/.complete" ] || return 0
	mkdir -p "$1" || return 1
	mvn -q -B -f "$CONF/java/pom.xml" -Drocketmq.version="$2" "${@:3}" \
		org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$1" >&2 || return 1
	: >"$1/.complete"
}

fetch_client() { jars "$CACHE/client-$1" "$1"; }

fetch_server() { jars "$SERVER_LIB" "$V5" -Pserver; }

# fetch_go PROGRAM: builds the Go client's program there.
fetch_go() { (cd "$CONF/go" && go build -o "$1" .) >&2; }

# free_ports N: N ports that are free now, each with the two below and one above it free as well.
free_ports() {
	python3 - "$1" <<-'P'
	import random, socket, sys
	def free(p):
	    with socket.socket() as s:
	        try:
	            s.bind(("127.0.0.1", p))
	            return True
	        except OSError:
	            return False
	found = []
	while len(found) < int(sys.argv[1]):
	    p = random.randrange(12000, 30000)
	    if all(free(q) for q in range(p - 2, p + 2)) and all(abs(p - q) > 4 for q in found):
	        found.append(p)
	print(*found)
	P
}
