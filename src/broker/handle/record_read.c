/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/record_read.h"

#include <errno.h>

enum record_got record_read(struct handle *h, const struct request *r, int64_t log_pos, struct lmi_span *out_bytes,
			    int *out_err)
{
	struct store_extent e = { .log_pos = log_pos };
	int err = log_pos < 0 ? -LMQ_ENOTFOUND : store_record_at(h->store, log_pos, &e.bytes);
	uint8_t *bytes = err ? NULL : lmi_arena_alloc(&h->arena, (size_t)e.bytes);
	if (!err)
		err = bytes ? store_read(h->store, &e, bytes, false) : -ENOMEM;
	if (err == -EAGAIN) {
		defer_until_read(h, r, &e, 1); /* of a record whose size is not known yet its beginning */
		return RECORD_DEFERRED;
	}
	if (err) {
		*out_err = err;
		return RECORD_MISSING;
	}
	*out_bytes = lmi_span(bytes, (size_t)e.bytes);
	return RECORD_GOT;
}

struct store_message record_message(const struct lmi_record *r)
{
	return (struct store_message){
		.flag = r->flag,
		.sysflag = r->sysflag,
		.born_ms = r->born_ms,
		.born = r->born,
		.reconsume_times = r->reconsume_times,
		.body = r->body,
	};
}
