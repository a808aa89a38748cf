/* SPDX-License-Identifier: Apache-2.0 */
/* Inside src/host. */
#ifndef LIGHTMQ_HOST_HOST_INTERNAL_H
#define LIGHTMQ_HOST_HOST_INTERNAL_H

#include "host/host.h"

/* What the command line asked for. */
struct host_options {
	const char *config;
	const char *sets[64];
	size_t set_count;
	bool check, print, list, dump_example, dump_man;
};

struct host {
	const struct host_program *program;
	struct host_options options;
	struct conf *conf;
	struct conf *first; /* of the start, when conf is a later one: what was built then borrows its texts */
	struct lmi_loop *loop;
	struct lmi_log *log;
	struct host_hooks hooks;
	struct lmi_timer watchdog;
	int status;
	bool ready;
};

/* -1: go on; else the exit status. */
int host_options_parse(const struct host_program *p, int argc, char **argv, struct host_options *out);

/* The log of this process: the journal when stderr goes there, else stderr. */
struct lmi_log *host_log_open(void);
#define HOST_LOG_KIND_PER_MINUTE 100u /* lines of one MESSAGE_ID; how many more there were is said later */

/* Load per options into fresh configuration; complaints go to stderr or the log.  NULL when bad. */
struct conf *host_load(const struct host_program *p, const struct host_options *o, struct lmi_log *log);

#endif
