/* SPDX-License-Identifier: Apache-2.0 */
/* VIEW_MESSAGE_BY_ID: one record by its log position. */
#include "broker/handle/handlers.h"
#include "broker/handle/record_read.h"

void view_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	int64_t log_pos = fields_i64(&f, LMI_EXT_OFFSET);
	struct lmi_span record;
	int err;
	if (!fields_ok(h, r, &f))
		return;
	switch (record_read(h, r, log_pos, &record, &err)) {
	case RECORD_GOT:
		answer_body(r, record);
		break;
	case RECORD_DEFERRED:
		break;
	case RECORD_MISSING:
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "there is no message at log position %lld: %s", (long long)log_pos,
			     lmi_strerror(err));
		break;
	}
}
