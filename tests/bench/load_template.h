/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that is encoded once and then copied with a few things patched: its opaque, its birth, its unique ids, the time it is for.  What
 * the generator spends on a message is a copy.
 */
#ifndef LIGHTMQ_LOAD_TEMPLATE_H
#define LIGHTMQ_LOAD_TEMPLATE_H

#include "base/buf.h"

#include "load.h"

#define LOAD_OPAQUE_BASE 1000000000 /* ten digits from here on; slots are added to it */

struct load_template {
	struct lmi_buf frame;
	bool binary;
	size_t at_opaque, at_born, at_due;
	int64_t due, due_span; /* due 0: for no time */
	size_t at_id[LOAD_IDS_MAX];
	size_t ids;
};

/** Encode a send of one message, or of o->batch in batch mode, to a queue.  False after a complaint. */
bool load_template_make(struct load_template *t, const struct load_options *o, const struct load_target *target);
void load_template_done(struct load_template *t);

/** Append the request.  @id  counter for the unique ids; moved on. */
void load_template_put(const struct load_template *t, struct lmi_buf *out, int32_t opaque, int64_t born_ms, uint64_t *id);

#endif
