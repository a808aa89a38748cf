/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

static const struct conf_key keys[] = {
	{ "namesrvAddr", CONF_TEXT, "127.0.0.1:9876", 0, 0, NULL, false,
	  "Name servers, HOST:PORT separated by semicolons. The variable NAMESRV_ADDR and the option --namesrv win." },
	{ "cluster", CONF_TEXT, "", 0, 0, NULL, false, "Only brokers of this cluster are meant, unless --cluster names another; empty: all." },
	{ "output", CONF_CHOICE, "table", 0, 0, "table wide json jsonl yaml name", false, "How rows are printed, unless --output says otherwise." },
	{ "timeout", CONF_SECONDS, "5", 1, 3600, NULL, false, "How long an answer is waited for, unless --timeout says otherwise." },
	{ NULL, CONF_INT, NULL, 0, 0, NULL, false, NULL }
};

static const struct conf_hint hints[] = {
	{ "rocketmqNamesrvAddr", "it is namesrvAddr" },
	{ NULL, NULL }
};

const struct conf_table conf_ctl_table = { "rmqctl", keys, hints };
