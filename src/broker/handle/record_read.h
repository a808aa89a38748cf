/* SPDX-License-Identifier: Apache-2.0 */
/* One record by its log position, for handlers that need its bytes or store its message again. */
#ifndef LIGHTMQ_BROKER_HANDLE_RECORD_READ_H
#define LIGHTMQ_BROKER_HANDLE_RECORD_READ_H

#include "broker/handle/handle.h"

enum record_got {
	RECORD_GOT,
	RECORD_DEFERRED, /* a worker reads, the request is entered again: return */
	RECORD_MISSING   /* nothing there, or not readable; *out_err says which */
};

/**
 * Read a record into the request's arena.
 *
 * @out_bytes  the whole record
 */
enum record_got record_read(struct handle *h, const struct request *r, int64_t log_pos, struct lmi_span *out_bytes,
			    int *out_err);

/** The message of a record, to be stored again: topic, queue, properties and tag are the caller's.  Borrows the body. */
struct store_message record_message(const struct lmi_record *r);

#endif
