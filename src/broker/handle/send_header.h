/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a send, under long or short names.  Pure.
 * Rule: SendMessageRequestHeader, SendMessageRequestHeaderV2.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_SEND_HEADER_H
#define LIGHTMQ_BROKER_HANDLE_SEND_HEADER_H

#include "wire/command.h"

struct send_header {
	struct lmi_span producer_group, topic, default_topic, props;
	int32_t default_queues, queue_id, sysflag, flag, reconsume_times, max_reconsume_times;
	int64_t born_ms;
	bool unit_mode, batch, has_max_reconsume_times;
};

/**
 * Read the header in one walk over the fields; which of the names a client uses does not matter.
 *
 * @out_bad  on failure the long name of the field, lives for ever
 *
 * Returns 0; -LMQ_ENOTFOUND when a required field is missing; -LMQ_EMALFORMED when one is not a number that fits.
 */
int send_header_read(const struct lmi_command *cmd, struct send_header *out, const char **out_bad);

#endif
