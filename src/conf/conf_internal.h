/* SPDX-License-Identifier: Apache-2.0 */
/* Inside src/conf. */
#ifndef LIGHTMQ_CONF_CONF_INTERNAL_H
#define LIGHTMQ_CONF_CONF_INTERNAL_H

#include "conf/conf.h"

struct conf_value {
	char *text;
	int64_t number;   /* also 0 or 1 of a bool */
	char *origin;
	unsigned int file; /* number of the file that set it, to find repetitions; 0 = none */
};

struct conf {
	const struct conf_table *table;
	size_t key_count;
	struct conf_value *values;
	char *errors[CONF_ERRORS_MAX + 1];
	size_t error_count;
	unsigned int files;
	bool changes; /* what is read was set by requests */
};

/* Assign a scalar found at origin.  0 or -LMQ_EBADCONFIG (complained). */
int conf_assign(struct conf *c, const char *origin, const char *name, const char *text, bool quoted);

/* Index of a key, or SIZE_MAX. */
size_t conf_find(const struct conf_table *t, const char *name);

#endif
