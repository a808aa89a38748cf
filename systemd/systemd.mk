# SPDX-License-Identifier: Apache-2.0
# Units and users.
dist_systemdsystemunit_DATA = \
	%D%/lightmq.slice \
	%D%/rmq-brokerd-vip.socket \
	%D%/rmq-brokerd.socket \
	%D%/rmq-brokerd@.socket \
	%D%/rmq-namesrvd.socket
nodist_systemdsystemunit_DATA = \
	%D%/rmq-brokerd.service \
	%D%/rmq-brokerd@.service \
	%D%/rmq-namesrvd.service
EXTRA_DIST += \
	%D%/examples/credentials.conf \
	%D%/examples/loopback-only.conf \
	%D%/examples/share.conf \
	%D%/rmq-brokerd.service.in \
	%D%/rmq-brokerd@.service.in \
	%D%/rmq-brokerd.sysusers.conf \
	%D%/rmq-namesrvd.service.in \
	%D%/rmq-namesrvd.sysusers.conf
CLEANFILES += $(nodist_systemdsystemunit_DATA)

# What journalctl -x shows.  The lines that both daemons write are in the catalogue of each: systemd takes the same text once.
catalogdir = ${prefix}/lib/systemd/catalog
nodist_catalog_DATA = \
	%D%/rmq-brokerd.catalog \
	%D%/rmq-namesrvd.catalog
EXTRA_DIST += \
	%D%/common.catalog.in \
	%D%/rmq-brokerd.catalog.in \
	%D%/rmq-namesrvd.catalog.in
CLEANFILES += $(nodist_catalog_DATA)
%D%/rmq-brokerd.catalog: %D%/rmq-brokerd.catalog.in %D%/common.catalog.in
%D%/rmq-namesrvd.catalog: %D%/rmq-namesrvd.catalog.in %D%/common.catalog.in
$(nodist_catalog_DATA):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed "s|@PAGE[@]|`basename $@ .catalog`(8)|" $(top_srcdir)/$@.in \
		$(top_srcdir)/%D%/common.catalog.in >$@.tmp && mv $@.tmp $@

%D%/rmq-brokerd.service: %D%/rmq-brokerd.service.in
%D%/rmq-brokerd@.service: %D%/rmq-brokerd@.service.in
%D%/rmq-namesrvd.service: %D%/rmq-namesrvd.service.in
$(nodist_systemdsystemunit_DATA):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		$(top_srcdir)/$@.in >$@.tmp && mv $@.tmp $@

install-data-local: install-sysusers
uninstall-local: uninstall-sysusers
install-sysusers:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)'
	$(INSTALL_DATA) $(top_srcdir)/%D%/rmq-brokerd.sysusers.conf '$(DESTDIR)$(sysusersdir)/rmq-brokerd.conf'
	$(INSTALL_DATA) $(top_srcdir)/%D%/rmq-namesrvd.sysusers.conf '$(DESTDIR)$(sysusersdir)/rmq-namesrvd.conf'
uninstall-sysusers:
	rm -f '$(DESTDIR)$(sysusersdir)/rmq-brokerd.conf' '$(DESTDIR)$(sysusersdir)/rmq-namesrvd.conf'
.PHONY: install-sysusers uninstall-sysusers
