/* SPDX-License-Identifier: Apache-2.0 */
/* A record's properties, without its body when that is long. */
#include <errno.h>

#include "store/store_internal.h"

/* Records up to this are read in one piece. */
#define WHOLE_BYTES 4096u
/* Up to and with the body's length, both hosts IPv6; and where that length is with both IPv4. */
#define HEAD_BYTES 112u
#define BODY_LENGTH_AT 84u
#define HOST_V6_MORE 12u

_Static_assert(STORE_PROPS_BYTES >= WHOLE_BYTES, "a record that is read in one piece fits");

static int check_head(const uint8_t *head, const struct store_extent *e)
{
	uint32_t magic = lmi_get32(head + 4);
	if (lmi_get32(head) != (uint32_t)e->bytes || (magic != LMI_RECORD_MAGIC_V1 && magic != LMI_RECORD_MAGIC_V2) ||
	    (int64_t)lmi_get64(head + LMI_RECORD_AT_LOG_POS) != e->log_pos)
		return -LMQ_ECORRUPT;
	return 0;
}

static int whole(struct store *s, const struct store_extent *e, uint8_t *buf, bool wait, struct lmi_span *out)
{
	struct lmi_record r;
	int err = commit_log_read(&s->log, e->log_pos, buf, (size_t)e->bytes, wait);
	if (!err)
		err = check_head(buf, e);
	if (!err)
		err = lmi_record_decode(lmi_span(buf, (size_t)e->bytes), &r) == 0 ? 0 : -LMQ_ECORRUPT;
	if (!err)
		*out = r.props;
	return err;
}

/* What comes after the body: topic and properties, each with its length before it. */
static int split_tail(struct lmi_span tail, bool v2, struct lmi_span *out)
{
	size_t head = v2 ? 2 : 1, topic, props;
	if (tail.n < head)
		return -LMQ_ECORRUPT;
	topic = v2 ? lmi_get16(tail.p) : tail.p[0];
	if (tail.n - head < topic + 2)
		return -LMQ_ECORRUPT;
	props = lmi_get16(tail.p + head + topic);
	if (tail.n - head - topic - 2 != props)
		return -LMQ_ECORRUPT;
	*out = lmi_span(tail.p + head + topic + 2, props);
	return 0;
}

static int in_parts(struct store *s, const struct store_extent *e, uint8_t *buf, bool wait, struct lmi_span *out)
{
	uint8_t head[HEAD_BYTES];
	int err = commit_log_read(&s->log, e->log_pos, head, sizeof(head), wait);
	if (!err)
		err = check_head(head, e);
	if (err)
		return err;
	uint32_t sysflag = lmi_get32(head + LMI_RECORD_AT_SYSFLAG), at = BODY_LENGTH_AT;
	at += (sysflag & LMI_SYSFLAG_BORNHOST_V6 ? HOST_V6_MORE : 0) + (sysflag & LMI_SYSFLAG_STOREHOST_V6 ? HOST_V6_MORE : 0);
	uint32_t body = lmi_get32(head + at), left = (uint32_t)e->bytes - at - 4;
	if (body > left || left - body > STORE_PROPS_BYTES)
		return -LMQ_ECORRUPT;
	err = commit_log_read(&s->log, e->log_pos + at + 4 + body, buf, left - body, wait);
	if (err)
		return err;
	return split_tail(lmi_span(buf, left - body), lmi_get32(head + 4) == LMI_RECORD_MAGIC_V2, out);
}

int store_read_props(struct store *s, const struct store_extent *e, uint8_t *buf, bool wait, struct lmi_span *out)
{
	if (e->bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -LMQ_ENOTFOUND;
	return (uint32_t)e->bytes <= WHOLE_BYTES ? whole(s, e, buf, wait, out) : in_parts(s, e, buf, wait, out);
}
