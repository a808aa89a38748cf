# SPDX-License-Identifier: Apache-2.0
# Manual pages.  The yaml(5) are frames around the list that the program prints from its key table.
dist_man_MANS += \
	%D%/liblightmq.3 \
	%D%/lightmq-architecture.7 \
	%D%/lightmq.7 \
	%D%/lightmq-bench.1 \
	%D%/lightmq-demo.1 \
	%D%/lightmq-metrics.7 \
	%D%/lightmq-migration.7 \
	%D%/lightmq-protocol.7 \
	%D%/lightmq-store.5 \
	%D%/lmq_client.3 \
	%D%/lmq_config.3 \
	%D%/lmq_consumer.3 \
	%D%/lmq_message.3 \
	%D%/lmq_mock.3 \
	%D%/lmq_producer.3 \
	%D%/lmq_pull.3 \
	%D%/rmq-brokerd.8 \
	%D%/rmq-namesrvd.8 \
	%D%/rmq-store.1 \
	%D%/rmqctl.1
config_man = \
	%D%/rmq-brokerd.yaml.5 \
	%D%/rmq-namesrvd.yaml.5 \
	%D%/rmqctl.yaml.5
noun_man = \
	%D%/rmqctl-broker.1 \
	%D%/rmqctl-check.1 \
	%D%/rmqctl-cluster.1 \
	%D%/rmqctl-config.1 \
	%D%/rmqctl-group.1 \
	%D%/rmqctl-message.1 \
	%D%/rmqctl-namesrv.1 \
	%D%/rmqctl-offset.1 \
	%D%/rmqctl-topic.1
nodist_man_MANS = $(config_man) $(noun_man)
EXTRA_DIST += \
	%D%/nouns.awk \
	%D%/rmq-brokerd.yaml.5.in \
	%D%/rmq-namesrvd.yaml.5.in \
	%D%/rmqctl.yaml.5.in
CLEANFILES += $(config_man) $(noun_man)
$(noun_man): %D%/rmqctl.1 %D%/nouns.awk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && noun=`basename $@ .1 | sed s/rmqctl-//` && case $$noun in \
		broker) what="what a broker says of itself" ;; \
		check) what="lines for monitoring systems" ;; \
		cluster) what="brokers of a cluster" ;; \
		config) what="settings of brokers, and those of a Java broker" ;; \
		group) what="consumer groups, how far they are and who is in them" ;; \
		message) what="messages that are stored" ;; \
		namesrv) what="settings of name servers" ;; \
		offset) what="where groups go on" ;; \
		topic) what="topics of a cluster" ;; \
	esac && $(AWK) -v noun=$$noun -v what="$$what" -f $(top_srcdir)/%D%/nouns.awk $(top_srcdir)/%D%/rmqctl.1 >$@.tmp && mv $@.tmp $@

%D%/rmq-brokerd.yaml.5: %D%/rmq-brokerd.yaml.5.in rmq-brokerd$(EXEEXT)
%D%/rmq-namesrvd.yaml.5: %D%/rmq-namesrvd.yaml.5.in rmq-namesrvd$(EXEEXT)
%D%/rmqctl.yaml.5: %D%/rmqctl.yaml.5.in rmqctl$(EXEEXT)
$(config_man):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && program=`basename $@ .yaml.5` && ./$$program --dump-man-keys | \
		sed 's/\. \([A-Z0-9]\)/.\n\1/g' >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd}' $(top_srcdir)/$@.in >$@.tmp && rm $@.keys && mv $@.tmp $@

# One page tells of several functions: a link for each, so that man finds it by the function's name.
functions_of = $(AWK) '/^\.Sh/ { on = $$2 == "SYNOPSIS" } on && /^\.F[no] lmq_/ { print $$2 }'
install-data-hook: install-man-links
uninstall-hook: uninstall-man-links
install-man-links:
	for page in $(top_srcdir)/%D%/*.3; do \
		for name in `$(functions_of) $$page`; do \
			rm -f '$(DESTDIR)$(man3dir)'/$$name.3 && ln -s `basename $$page` '$(DESTDIR)$(man3dir)'/$$name.3 || exit 1; \
		done; \
	done
uninstall-man-links:
	for page in $(top_srcdir)/%D%/*.3; do \
		for name in `$(functions_of) $$page`; do rm -f '$(DESTDIR)$(man3dir)'/$$name.3; done; \
	done
.PHONY: install-man-links uninstall-man-links

# The settings of lmq_config(3), from the library's table; a test holds them equal.
noinst_PROGRAMS += %D%/settings
%C%_settings_LDADD = lib/liblightmq.la
man-settings: %D%/settings$(EXEEXT)
	./%D%/settings >settings.list && page=$(top_srcdir)/%D%/lmq_config.3 && \
	$(AWK) '/^\.Bl -tag -width indent/ && !done { print; while ((getline line < "settings.list") > 0) print line; skip = done = 1 } \
		/^\.El/ { skip = 0 } !skip' $$page >settings.page && cp settings.page $$page && rm settings.list settings.page
.PHONY: man-settings
