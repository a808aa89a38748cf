/* SPDX-License-Identifier: Apache-2.0 */
/* A Java server's configuration file turned into ours; nobody is asked. */
#include <string.h>

#include "conf/conf_import.h"
#include "ctl/ctl.h"

enum ctl_exit ctl_config_import(struct ctl *c)
{
	const char *path = ctl_operand(c, 0, NULL), *whose = ctl_operand(c, 1, NULL);
	const struct conf_table *t = NULL;

	if (whose && strcmp(whose, "broker") == 0)
		t = &conf_broker_table;
	else if (whose && strcmp(whose, "namesrv") == 0)
		t = &conf_namesrv_table;
	if (!path || (whose && !t) || c->opt.arg_count > 2) {
		ctl_say(c, "config import FILE [broker or namesrv]; without the second the keys tell whose file it is");
		return CTL_USAGE;
	}
	return conf_import_run(t, path, c->opt.format == CTL_JSON || c->opt.format == CTL_JSONL, c->out, c->err) ? CTL_REFUSED : CTL_DONE;
}
