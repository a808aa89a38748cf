/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/count.h"

void count_put(struct handle *h, struct lmi_span topic, int64_t messages, int64_t bytes)
{
	h->counts.put_messages += messages;
	h->counts.put_bytes += bytes;
	stat_add(&h->stats, &(struct stat_key){ .kind = STAT_TOPIC_PUT, .topic = topic }, messages, bytes, handle_now(h));
}

void count_got(struct handle *h, struct lmi_span topic, struct lmi_span group, int64_t messages, int64_t bytes)
{
	h->counts.got_messages += messages;
	h->counts.got_bytes += bytes;
	h->counts.got_found++;
	stat_add(&h->stats, &(struct stat_key){ STAT_GROUP_GET, topic, group }, messages, bytes, handle_now(h));
}

void count_back(struct handle *h, struct lmi_span topic, struct lmi_span group)
{
	stat_add(&h->stats, &(struct stat_key){ STAT_SEND_BACK, topic, group }, 1, 0, handle_now(h));
}

void count_values(const struct handle *h, int64_t values[STAT_COUNTERS])
{
	values[STAT_PUT] = h->counts.put_messages;
	values[STAT_GOT] = h->counts.got_messages;
	values[STAT_FOUND] = h->counts.got_found;
	values[STAT_MISSED] = h->counts.got_none;
}

static double rate(const struct handle *h, const struct stat_key *key)
{
	struct stat_sum sum;
	return stat_sum(&h->stats, key, STAT_MINUTE, handle_now(h), &sum) ? stat_rate(sum.count, &sum) : 0;
}

double count_topic_rate(const struct handle *h, struct lmi_span topic)
{
	return rate(h, &(struct stat_key){ .kind = STAT_TOPIC_PUT, .topic = topic });
}

double count_group_rate(const struct handle *h, struct lmi_span topic, struct lmi_span group)
{
	return rate(h, &(struct stat_key){ STAT_GROUP_GET, topic, group });
}
