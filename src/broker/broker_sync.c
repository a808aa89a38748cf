/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling our name server what has changed: digest, where it differs the ranges, then the topics of those; or, when it is known
 * what the name server has, just the changes.  One request after the other for each name server.  See wire/topic_sync.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "wire/topic_sync.h"

#define PART_TOPICS 1000u        /* topics in one request: some 40 KB, less than a millisecond there */
#define DELTA_MAX 256u           /* changes above which ranges are compared instead */
#define PERM_ALL (LMI_PERM_READ | LMI_PERM_WRITE)

static void next_part(struct broker *b, size_t server, const struct lmi_command *answer);

static struct lmi_topic_config announced(const struct broker *b, const struct topic *t)
{
	struct lmi_topic_config c = t->config;
	if (b->core.handle.settings->permission != PERM_ALL)
		c.perm &= b->core.handle.settings->permission;
	return c;
}

/* The table's own digest, unless this broker announces less than its topics say. */
static uint64_t digest_now(const struct broker *b)
{
	const struct topic *t;
	uint64_t sum = 0;
	if (b->core.handle.settings->permission == PERM_ALL)
		return b->core.topics.digest;
	for (size_t i = 0; (t = topic_table_next(&b->core.topics, &i));) {
		struct lmi_topic_config c = announced(b, t);
		sum += lmi_topic_digest(&c);
	}
	return sum;
}

void broker_sync_reset(struct register_link *l)
{
	lmi_buf_done(&l->topics);
	lmi_buf_done(&l->bitmap);
	*l = (struct register_link){ 0 };
}

static void round_over(struct register_link *l)
{
	lmi_buf_done(&l->topics);
	lmi_buf_done(&l->bitmap);
	l->left = l->part = 0;
}

/* What this round is about. */
static void note_state(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	l->sent_digest = digest_now(b);
	l->sent_version = b->core.topics.version;
	b->servers.servers[server].sending = l->sent_version.counter;
}

static void confirm(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	l->confirmed = true;
	l->digest = l->sent_digest;
	l->version = l->sent_version.counter;
	round_over(l);
	broker_register_settle(b, server, 0, answer);
}

static bool says_changed(const struct lmi_command *answer)
{
	bool changed = true;
	lmi_command_ext_bool(answer, LMI_EXT_CHANGED, &changed);
	return changed;
}

/* ---- topics ---- */

static bool wanted(const struct register_link *l, struct lmi_span name)
{
	return lmi_sync_bitmap_has(lmi_buf_data(&l->bitmap), lmi_sync_range(lmi_topic_name_digest(name), l->bits));
}

/* All topics of the ranges, encoded as they are now, so that the digest at the end is theirs. */
static int collect(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	const struct topic *t;
	note_state(b, server);
	l->left = l->part = 0;
	lmi_buf_reset(&l->topics, 0);
	for (size_t i = 0; (t = topic_table_next(&b->core.topics, &i));) {
		struct lmi_topic_config c = announced(b, t);
		if (!wanted(l, c.name))
			continue;
		lmi_sync_put_topic(&l->topics, &c);
		l->left++;
	}
	return l->topics.failed ? -ENOMEM : 0;
}

static void send_topics(struct broker *b, size_t server, const struct lmi_sync_topics *s, struct lmi_span topics, register_answer_fn *next)
{
	struct lmi_buf *body = &b->core.handle.scratch;
	struct lmi_command_out o;
	lmi_buf_reset(body, 0);
	lmi_sync_topics_begin(body, s);
	lmi_buf_put_span(body, topics);
	broker_register_begin(b, &o, server, LMI_REQ_REGISTER_TOPICS);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&b->frame, lmi_buf_span(body));
	b->frame.failed |= body->failed;
	lmi_buf_reset(body, 0);
	broker_register_send(b, server, next);
}

static void on_transferred(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	if (!says_changed(answer)) {
		confirm(b, server, answer);
		return;
	}
	lmi_log(b->cfg.core.log, LMI_LOG_WARNING, "name server %s has other topics than it was sent; they are compared again at the next heartbeat",
		b->servers.servers[server].address);
	l->confirmed = false;
	round_over(l);
	broker_register_settle(b, server, 0, answer);
}

/* The first topics of what is left. */
static struct lmi_span cut_part(struct register_link *l, uint32_t *out_n)
{
	struct lmi_span all = lmi_buf_span(&l->topics), rest = all;
	struct lmi_topic_config c;
	uint32_t n = 0;
	while (n < PART_TOPICS && n < l->left && lmi_sync_next_put(&rest, &c) == 0)
		n++;
	*out_n = n;
	return lmi_span(all.p, all.n - rest.n);
}

static void next_part(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	struct lmi_sync_topics s = { .version = l->sent_version, .digest = l->sent_digest };
	struct lmi_span topics = cut_part(l, &s.puts);
	(void)answer;
	if (l->part++ == 0) {
		s.flags |= LMI_SYNC_BEGIN;
		s.bits = l->bits;
		s.bitmap = lmi_buf_data(&l->bitmap);
	}
	l->left -= s.puts;
	if (l->left == 0)
		s.flags |= LMI_SYNC_END;
	send_topics(b, server, &s, topics, l->left == 0 ? on_transferred : next_part);
	lmi_buf_consume(&l->topics, topics.n);
}

static void transfer(struct broker *b, size_t server)
{
	int err = collect(b, server);
	if (err)
		broker_register_settle(b, server, err, NULL);
	else
		next_part(b, server, NULL);
}

/* Every range: there is but one. */
static void transfer_all(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	l->bits = 0;
	lmi_buf_reset(&l->bitmap, 0);
	lmi_buf_put8(&l->bitmap, 1);
	transfer(b, server);
}

/* ---- ranges ---- */

static void on_ranges(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	if (answer->body.n != lmi_sync_bitmap_bytes(l->bits)) {
		transfer_all(b, server);
		return;
	}
	lmi_buf_reset(&l->bitmap, 0);
	lmi_buf_put_span(&l->bitmap, answer->body);
	transfer(b, server);
}

static void send_ranges(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	struct lmi_command_out o;
	const struct topic *t;
	l->bits = lmi_sync_range_bits(lmi_map_count(&b->core.topics.map));
	uint64_t *sums = calloc((size_t)1 << l->bits, sizeof(*sums));
	if (!sums) {
		broker_register_settle(b, server, -ENOMEM, NULL);
		return;
	}
	for (size_t i = 0; (t = topic_table_next(&b->core.topics, &i));) {
		struct lmi_topic_config c = announced(b, t);
		sums[lmi_sync_range(lmi_topic_name_digest(c.name), l->bits)] += lmi_topic_digest(&c);
	}
	broker_register_begin(b, &o, server, LMI_REQ_REGISTER_RANGES);
	lmi_command_end(&o, 2 + ((size_t)8 << l->bits));
	lmi_sync_ranges_put(&b->frame, l->bits, sums);
	free(sums);
	broker_register_send(b, server, on_ranges);
}

/* ---- the digest ---- */

static void send_digest(struct broker *b, size_t server);

static void on_digest(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	int64_t known = 0;
	if (answer->code == LMI_RSP_REQUEST_CODE_NOT_SUPPORTED) {
		l->kind = LINK_OTHER;
		broker_register_whole(b, server);
		return;
	}
	if (answer->code == LMI_RSP_BROKER_NEED_TO_BE_REGISTERED && l->named) {
		l->named = false;
		send_digest(b, server);
		return;
	}
	if (answer->code != LMI_RSP_SUCCESS) {
		broker_register_settle(b, server, 0, answer);
		return;
	}
	l->kind = LINK_OURS;
	l->named = true;
	if (!says_changed(answer)) {
		confirm(b, server, answer);
		return;
	}
	lmi_command_ext_i64(answer, LMI_EXT_TOTAL_TOPIC_NUM, &known);
	if (known == 0)
		transfer_all(b, server);
	else
		send_ranges(b, server);
}

static void send_digest(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	struct lmi_command_out o;
	note_state(b, server);
	const struct lmi_sync_digest d = { l->sent_version, (uint32_t)lmi_map_count(&b->core.topics.map), l->sent_digest };
	struct lmi_buf *body = &b->core.handle.scratch;
	lmi_buf_reset(body, 0);
	lmi_sync_digest_put(body, &d);
	broker_register_begin(b, &o, server, LMI_REQ_REGISTER_DIGEST);
	if (!l->named)
		broker_register_identity(b, &o);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&b->frame, lmi_buf_span(body));
	b->frame.failed |= body->failed;
	lmi_buf_reset(body, 0);
	broker_register_send(b, server, on_digest);
}

/* ---- changes ---- */

static void on_delta(struct broker *b, size_t server, const struct lmi_command *answer)
{
	if (answer->code == LMI_RSP_SUCCESS && !says_changed(answer)) {
		confirm(b, server, answer);
		return;
	}
	b->links[server].confirmed = false; /* it has something else than we thought */
	send_digest(b, server);
}

/* Whether a later change of the same topic follows. */
static bool changes_again(const struct topic_journal *j, int64_t since, size_t k)
{
	const struct topic_change *c = topic_journal_after(j, since, k), *later;
	while ((later = topic_journal_after(j, since, ++k)))
		if (later->n == c->n && memcmp(later->name, c->name, c->n) == 0)
			return true;
	return false;
}

/* Append the topics that changed and are there, or those that are gone. */
static uint32_t put_changes(struct broker *b, const struct register_link *l, bool gone, struct lmi_buf *to)
{
	const struct topic_journal *j = &b->core.topics.journal;
	const struct topic_change *c;
	uint32_t n = 0;
	for (size_t k = 0; (c = topic_journal_after(j, l->version, k)); k++) {
		struct lmi_span name = lmi_span(c->name, c->n);
		const struct topic *t = topic_table_get(&b->core.topics, name);
		if (!t != gone || changes_again(j, l->version, k))
			continue;
		if (t) {
			struct lmi_topic_config config = announced(b, t);
			lmi_sync_put_topic(to, &config);
		} else {
			lmi_sync_put_name(to, name);
		}
		n++;
	}
	return n;
}

static bool few_changes(const struct broker *b, const struct register_link *l)
{
	const struct topic_journal *j = &b->core.topics.journal;
	return l->confirmed && l->named && topic_journal_reaches(j, l->version) && topic_journal_after(j, l->version, 0) &&
	       !topic_journal_after(j, l->version, DELTA_MAX);
}

static void send_delta(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	struct lmi_sync_topics s = { .flags = LMI_SYNC_DELTA, .base = l->digest };
	struct lmi_buf changes = { 0 };
	note_state(b, server);
	s.version = l->sent_version;
	s.digest = l->sent_digest;
	s.puts = put_changes(b, l, false, &changes);
	s.dels = put_changes(b, l, true, &changes);
	if (changes.failed)
		broker_register_settle(b, server, -ENOMEM, NULL);
	else
		send_topics(b, server, &s, lmi_buf_span(&changes), on_delta);
	lmi_buf_done(&changes);
}

void broker_sync_run(struct broker *b, size_t server)
{
	round_over(&b->links[server]);
	if (few_changes(b, &b->links[server]))
		send_delta(b, server);
	else
		send_digest(b, server);
}
