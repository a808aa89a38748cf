# SPDX-License-Identifier: Apache-2.0
# C without its comments, string contents and character constants: FILE:LINE:CODE.
FNR == 1 { in_comment = 0 }
{
	out = ""
	s = $0
	while (s != "") {
		if (in_comment) {
			i = index(s, "*/")
			if (!i) { s = ""; break }
			s = substr(s, i + 2); in_comment = 0
			continue
		}
		if (!match(s, /\/\*|\/\/|"|'/)) { out = out s; break }
		out = out substr(s, 1, RSTART - 1)
		t = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (t == "/*") { in_comment = 1; continue }
		if (t == "//") break
		# The name in a quoted #include is kept: it is what the arrows are about.
		if (t == "\"" && out ~ /^[ \t]*#[ \t]*include[ \t]*$/) { out = out t s; break }
		out = out t t
		while (s != "") {
			c = substr(s, 1, 1)
			s = substr(s, c == "\\" ? 3 : 2)
			if (c == t) break
		}
	}
	if (out ~ /[^ \t]/) print FILENAME ":" FNR ":" out
}
