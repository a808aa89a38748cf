/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/send_header.h"

enum field {
	GROUP,
	TOPIC,
	DEFAULT_TOPIC,
	DEFAULT_QUEUES,
	QUEUE_ID,
	SYSFLAG,
	BORN,
	FLAG,
	REQUIRED /* count of the above */
};

static const char *const names[REQUIRED] = { "producerGroup", "topic",   "defaultTopic",  "defaultTopicQueueNums",
					     "queueId",       "sysFlag", "bornTimestamp", "flag" };

/* "true" in any case, as Java's Boolean. */
static bool is_true(struct lmi_span v)
{
	static const char text[4] = "true";
	if (v.n != sizeof(text))
		return false;
	for (size_t i = 0; i < sizeof(text); i++)
		if ((v.p[i] | 0x20) != text[i])
			return false;
	return true;
}

/* Number of a required field, or -1 for another one. */
static int read_required(const struct lmi_ext *e, struct send_header *h, int *err)
{
	switch (e->key) {
	case LMI_EXT_A:
	case LMI_EXT_PRODUCER_GROUP:
		h->producer_group = e->value;
		return GROUP;
	case LMI_EXT_B:
	case LMI_EXT_TOPIC:
		h->topic = e->value;
		return TOPIC;
	case LMI_EXT_C:
	case LMI_EXT_DEFAULT_TOPIC:
		h->default_topic = e->value;
		return DEFAULT_TOPIC;
	case LMI_EXT_D:
	case LMI_EXT_DEFAULT_TOPIC_QUEUE_NUMS:
		*err = lmi_span_to_i32(e->value, &h->default_queues);
		return DEFAULT_QUEUES;
	case LMI_EXT_E:
	case LMI_EXT_QUEUE_ID:
		*err = lmi_span_to_i32(e->value, &h->queue_id);
		return QUEUE_ID;
	case LMI_EXT_F:
	case LMI_EXT_SYS_FLAG:
		*err = lmi_span_to_i32(e->value, &h->sysflag);
		return SYSFLAG;
	case LMI_EXT_G:
	case LMI_EXT_BORN_TIMESTAMP:
		*err = lmi_span_to_i64(e->value, &h->born_ms);
		return BORN;
	case LMI_EXT_H:
	case LMI_EXT_FLAG:
		*err = lmi_span_to_i32(e->value, &h->flag);
		return FLAG;
	default:
		return -1;
	}
}

/* The optional ones; the name of one that is no number goes to *out_bad. */
static int read_optional(const struct lmi_ext *e, struct send_header *h, const char **out_bad)
{
	switch (e->key) {
	case LMI_EXT_I:
	case LMI_EXT_PROPERTIES:
		h->props = e->value;
		return 0;
	case LMI_EXT_J:
	case LMI_EXT_RECONSUME_TIMES:
		*out_bad = "reconsumeTimes";
		return lmi_span_to_i32(e->value, &h->reconsume_times);
	case LMI_EXT_K:
	case LMI_EXT_UNIT_MODE:
		h->unit_mode = is_true(e->value);
		return 0;
	case LMI_EXT_L:
	case LMI_EXT_MAX_RECONSUME_TIMES:
		*out_bad = "maxReconsumeTimes";
		h->has_max_reconsume_times = true;
		return lmi_span_to_i32(e->value, &h->max_reconsume_times);
	case LMI_EXT_M:
	case LMI_EXT_BATCH:
		h->batch = is_true(e->value);
		return 0;
	default:
		return 0;
	}
}

int send_header_read(const struct lmi_command *cmd, struct send_header *out, const char **out_bad)
{
	struct send_header h = { 0 };
	uint32_t seen = 0;
	for (uint32_t i = 0; i < cmd->ext_count; i++) {
		int err = 0, field = read_required(&cmd->ext[i], &h, &err);
		if (field >= 0) {
			seen |= 1u << field;
			*out_bad = names[field];
		} else {
			err = read_optional(&cmd->ext[i], &h, out_bad);
		}
		if (err)
			return -LMQ_EMALFORMED;
	}
	for (int f = 0; f < REQUIRED; f++) {
		if (!(seen & (1u << f))) {
			*out_bad = names[f];
			return -LMQ_ENOTFOUND;
		}
	}
	*out = h;
	return 0;
}
