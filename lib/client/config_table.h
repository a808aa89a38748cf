/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of settings, for config.c.  Immutable, any thread. */
#ifndef LMI_CLIENT_CONFIG_TABLE_H
#define LMI_CLIENT_CONFIG_TABLE_H

#include "client/config.h"

enum config_kind { KIND_TEXT, KIND_CHOICE, KIND_BOOL, KIND_COUNT, KIND_TIME, KIND_SIZE };

struct config_property {
	const char *name;
	enum config_kind kind;
	size_t at;            /* of the field in struct lmq_config: char * for texts, int64_t for all others */
	const char *initial;  /* default */
	int64_t min, max;     /* numbers, in ms or bytes */
	int64_t plain;        /* what a number without unit is multiplied by: RocketMQ's unit */
	const char *choices;  /* words separated by blanks; the value is the number of the word */
	const char *allowed;  /* for people */
	const char *meaning;
};

extern const struct config_property config_table[];
extern const size_t config_table_rows;

#endif
