/* SPDX-License-Identifier: Apache-2.0 */
/* What reading a Java configuration and printing it share.  Only for src/conf. */
#ifndef LIGHTMQ_CONF_CONF_IMPORT_INTERNAL_H
#define LIGHTMQ_CONF_CONF_IMPORT_INTERNAL_H

#include "conf/conf_import.h"
#include "conf/conf_java.h"

struct conf_import {
	const struct conf_table *table;
	struct conf_import_item *items;
	size_t count, cap;
};

#endif
