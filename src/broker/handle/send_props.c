/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/send_props.h"

#include <time.h>

enum what {
	KEEP,
	DROP,
	TAGS,
	UNIQ,
	DELAY,
	WAIT,
	TRAN,
	TIMER
};

/* The names that matter begin with a capital letter; most users' own names end here at once. */
static enum what classify(struct lmi_span k)
{
	switch (k.p[0]) {
	case 'C':
		return lmi_span_is(k, LMI_PROP_CLUSTER) ? DROP : KEEP;
	case 'D':
		return lmi_span_is(k, LMI_PROP_DELAY) ? DELAY : KEEP;
	case 'M':
		return lmi_span_is(k, LMI_PROP_MSG_REGION) ? DROP : KEEP;
	case 'P':
		return lmi_span_is(k, LMI_PROP_POP_CK) ? DROP : KEEP;
	case 'T':
		if (lmi_span_is(k, LMI_PROP_TAGS))
			return TAGS;
		if (lmi_span_is(k, LMI_PROP_TRACE_ON))
			return DROP;
		if (lmi_span_is(k, LMI_PROP_TRAN_MSG))
			return TRAN;
		return lmi_span_is(k, "TIMER_DELAY_SEC") || lmi_span_is(k, "TIMER_DELAY_MS") ||
				       lmi_span_is(k, "TIMER_DELIVER_MS")
			       ? TIMER
			       : KEEP;
	case 'U':
		return lmi_span_is(k, LMI_PROP_UNIQ_KEY) ? UNIQ : KEEP;
	case 'W':
		return lmi_span_is(k, LMI_PROP_WAIT) ? WAIT : KEEP;
	default:
		return KEEP;
	}
}

static bool is_word(struct lmi_span v, const char *word)
{
	size_t n = strlen(word);
	if (v.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((v.p[i] | 0x20) != (uint8_t)word[i])
			return false;
	return true;
}

/* Returns whether the entry stays. */
static bool look(struct lmi_span k, struct lmi_span v, unsigned int flags, struct send_props *p)
{
	switch (classify(k)) {
	case DROP:
		return false;
	case TAGS:
		p->tags = v;
		return true;
	case UNIQ:
		p->uniq = v;
		return true;
	case DELAY:
		if (lmi_span_to_i32(v, &p->delay_level))
			p->delay_level = 0;
		return !(flags & SEND_PROPS_DROP_DELAY);
	case WAIT:
		p->no_wait = is_word(v, "false");
		return false;
	case TRAN:
		p->transaction = is_word(v, "true");
		return true;
	case TIMER:
		p->timer = true;
		return true;
	case KEEP:
		break;
	}
	return true;
}

void send_props_take(struct lmi_span props, unsigned int flags, struct lmi_buf *b, struct send_props *out)
{
	struct send_props p = { 0 };
	struct lmi_span k, v;
	for (size_t at = 0; lmi_props_next(props, &at, &k, &v);)
		if (look(k, v, flags, &p) && b)
			lmi_props_put(b, k, v);
	*out = p;
}

static int64_t code_of(struct lmi_span tags)
{
	return tags.n ? lmi_java_hash(tags) : 0;
}

int64_t send_props_tags_code(const struct send_props *p)
{
	return code_of(p->tags);
}

int64_t send_props_text_tags_code(struct lmi_span props)
{
	return code_of(lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_TAGS)));
}

/* Milliseconds since the month began, which readers of such ids turn back into a time. */
static uint32_t ms_of_month(int64_t now_ms)
{
	struct tm tm;
	time_t s = (time_t)(now_ms / 1000);
	if (!gmtime_r(&s, &tm))
		return (uint32_t)now_ms;
	int64_t day_ms = ((int64_t)tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * 1000 + now_ms % 1000;
	return (uint32_t)((int64_t)(tm.tm_mday - 1) * 86400000 + day_ms);
}

void send_uniq_make(const struct send_uniq *u, uint16_t counter, char *out)
{
	uint8_t id[SEND_UNIQ_CHARS / 2];
	memcpy(id, u->addr, 4);
	lmi_put16(id + 4, (uint16_t)u->pid);
	lmi_put32(id + 6, u->chance);
	lmi_put32(id + 10, ms_of_month(u->now_ms));
	lmi_put16(id + 14, counter);
	lmi_hex_upper(id, sizeof(id), out);
}
