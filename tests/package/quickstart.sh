# SPDX-License-Identifier: Apache-2.0
# lightmq(7) word for word: each command at a prompt, and each block whose first word is a command here.
zcat /usr/share/man/man7/lightmq.7.gz >/run/page
awk '/^\.Dl [#$] / { sub(/^\.Dl [#$] /, ""); print "run " $0; next }
	/^\.Bd -literal/ { block = 1; n = 0; next }
	/^\.Ed/ { block = 0; next }
	block { sub(/^\\&/, ""); print (n++ ? "more " : "first ") $0 }' /run/page >/run/steps
ran=0 skipping=0
while read -r kind command; do
	case $kind in
	first) if command -v "${command%% *}" >/dev/null; then skipping=0; else skipping=1; fi ;;
	run) skipping=0 ;;
	esac
	[ $skipping = 0 ] || continue
	echo "# $command"
	sh -c "$command" </dev/null >/run/said 2>&1 || { cat /run/said; die "failed: $command"; }
	ran=$((ran + 1))
done </run/steps
[ $ran -ge 8 ] || die "only $ran commands"
rm /etc/lightmq/rmq-brokerd.yaml.d/site.yaml
systemctl reload rmq-brokerd
