# SPDX-License-Identifier: Apache-2.0
# One noun's page out of rmqctl(1): awk -v noun=topic -v what="topics of a cluster" -f nouns.awk rmqctl.1
# The entries of its commands are taken as they are there, so that nothing is said twice.
BEGIN {
	title = toupper("rmqctl-" noun)
	print ".\\\" SPDX-License-Identifier: Apache-2.0"
}
/^\.Dd / { date = $0 }
/^\.It / { taking = $2 == "Cm" && $3 == noun && !done; if (taking) { sub(/^\.It Cm /, ".Nm rmqctl "); synopsis = synopsis plain($0) "\n"; sub(/^\.Nm rmqctl /, ".It Cm ") } }
/^\.El/ { taking = 0; done = 1 }
taking { entries = entries $0 "\n" }
function plain(line) { sub(/^\.Nm rmqctl /, ".Nm rmqctl Cm ", line); return line }
END {
	print date "\n.Dt " title " 1\n.Os\n.Sh NAME\n.Nm rmqctl-" noun "\n.Nd " what "\n.Sh SYNOPSIS"
	printf "%s", synopsis
	print ".Sh DESCRIPTION\nOperands may be given as options, which stand in\n.Xr rmqctl 1 ,\nas do forms of output, exit status and examples.\n.Bl -tag -width Ds"
	printf "%s", entries
	print ".El\n.Sh SEE ALSO\n.Xr rmqctl 1 ,\n.Xr rmqctl.yaml 5"
}
