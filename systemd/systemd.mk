# SPDX-License-Identifier: Apache-2.0
# Units and users.
dist_systemdsystemunit_DATA = \
	%D%/lightmq.slice \
	%D%/rmq-brokerd-vip.socket \
	%D%/rmq-brokerd.socket \
	%D%/rmq-namesrvd.socket
nodist_systemdsystemunit_DATA = \
	%D%/rmq-brokerd.service \
	%D%/rmq-namesrvd.service
EXTRA_DIST += \
	%D%/rmq-brokerd.service.in \
	%D%/rmq-brokerd.sysusers.conf \
	%D%/rmq-namesrvd.service.in \
	%D%/rmq-namesrvd.sysusers.conf
CLEANFILES += $(nodist_systemdsystemunit_DATA)

%D%/rmq-brokerd.service: %D%/rmq-brokerd.service.in
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
