/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a queue for what a consumer selects. */
#ifndef LIGHTMQ_BROKER_HANDLE_LOOK_H
#define LIGHTMQ_BROKER_HANDLE_LOOK_H

#include "broker/handle/handle.h"

/**
 * store_get on h->get, whose place and limits are set, of what the filters let through.
 *
 * @tags  NULL: all
 * @sql   NULL: all
 * @cost  of evaluated expressions, as filter_cost has it; beyond, the look ends with what was found
 *
 * Errors of store_get.  Core loop.
 */
int look_into(struct handle *h, const struct lmi_tags_filter *tags, const struct filter *sql, uint64_t cost);

#endif
