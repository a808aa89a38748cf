# SPDX-License-Identifier: Apache-2.0
# The commented configuration files, printed by the programs from their own key tables.
example_configs = \
	%D%/rmq-brokerd.yaml \
	%D%/rmq-namesrvd.yaml \
	%D%/rmqctl.yaml
noinst_DATA += $(example_configs)
CLEANFILES += $(example_configs)

%D%/rmq-brokerd.yaml: rmq-brokerd$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./rmq-brokerd --dump-example-config >$@.tmp && mv $@.tmp $@
%D%/rmq-namesrvd.yaml: rmq-namesrvd$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./rmq-namesrvd --dump-example-config >$@.tmp && mv $@.tmp $@
%D%/rmqctl.yaml: rmqctl$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./rmqctl --dump-example-config >$@.tmp && mv $@.tmp $@

# What an administrator wrote is never overwritten, nor removed unless it is as it came.
install-data-local: install-configs
uninstall-local: uninstall-configs
install-configs: $(example_configs)
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/lightmq'
	for f in rmq-brokerd rmq-namesrvd rmqctl; do \
		to='$(DESTDIR)$(sysconfdir)/lightmq'/$$f.yaml; \
		if test -e "$$to"; then echo "keeping $$to"; else $(INSTALL_DATA) %D%/$$f.yaml "$$to" || exit 1; fi; \
	done
uninstall-configs:
	for f in rmq-brokerd rmq-namesrvd rmqctl; do \
		to='$(DESTDIR)$(sysconfdir)/lightmq'/$$f.yaml; \
		if cmp -s %D%/$$f.yaml "$$to"; then rm -f "$$to"; fi; \
	done
.PHONY: install-configs uninstall-configs
