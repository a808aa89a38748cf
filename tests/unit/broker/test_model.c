/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the tables of offsets, locks and group members behave as plain lists of what was done to them say, whatever comes in
 * whatever order.
 * Shown by: random operations on a table and on a model that is too simple to be wrong, 1,000 seeds of each; LIGHTMQ_BUDGET
 * multiplies them.
 */
#include "fixture.h"

#define SEEDS LMT_ROUNDS(1000)
#define STEPS 250

enum { GROUPS = 3, TOPICS = 2, QUEUES = 3, CLIENTS = 4, PEERS = 5 };

static const char *const group_names[GROUPS] = { "g", "group-two", "%RETRY%odd" };
static const char *const topic_names[TOPICS] = { "T", "a-longer-topic" };
static const char *const client_names[CLIENTS] = { "c1", "c2", "10.0.0.1@3", "c4" };

static struct lmi_rng_seeded rng;
static uint64_t seed_now;

static int pick(int n)
{
	return (int)(lmi_rng_u64(&rng.rng) % (uint64_t)n);
}

static uint64_t seeds(void)
{
	const char *budget = getenv("LIGHTMQ_BUDGET");
	int n = budget ? atoi(budget) : 1;
	return SEEDS * (uint64_t)(n > 0 ? n : 1);
}

#define SAME(want, got, what) \
	ck_assert_msg((want) == (got), "seed %llu: %s: expected %lld, got %lld", (unsigned long long)seed_now, what, (long long)(want), \
		      (long long)(got))

/* ---- offsets ---- */

struct offset_model {
	int64_t committed, pulled, reset;
	int told;
};

static struct offset_model offsets[GROUPS][TOPICS][QUEUES];
static struct offset_table offset_table;

static void forget(struct offset_model *m)
{
	*m = (struct offset_model){ -1, -1, -1, 0 };
}

static void forget_all(int group, int topic)
{
	for (int g = 0; g < GROUPS; g++)
		for (int t = 0; t < TOPICS; t++)
			for (int q = 0; q < QUEUES; q++)
				if ((group < 0 || g == group) && (topic < 0 || t == topic))
					forget(&offsets[g][t][q]);
}

static int64_t follow(struct offset_model *m, int64_t pos)
{
	if (m->reset < 0)
		return -1;
	if (pos != m->reset && m->told < OFFSET_TOLD_MAX) {
		m->told++;
		return m->reset;
	}
	m->reset = -1;
	return -1;
}

/* As a restart: only what is in the file. */
static void save_and_load(void)
{
	struct lmi_buf b = { 0 };
	offset_table_save(&offset_table, &b);
	offset_table_done(&offset_table);
	ck_assert_int_eq(offset_table_load(&offset_table, lmi_buf_span(&b)), 0);
	lmi_buf_done(&b);
	for (int g = 0; g < GROUPS; g++)
		for (int t = 0; t < TOPICS; t++)
			for (int q = 0; q < QUEUES; q++)
				offsets[g][t][q] = (struct offset_model){ offsets[g][t][q].committed, -1, -1, 0 };
}

static void offset_step(void)
{
	int g = pick(GROUPS), t = pick(TOPICS), q = pick(QUEUES);
	int64_t pos = pick(6);
	struct offset_model *m = &offsets[g][t][q];
	struct offset_at at = { lmi_span_str(group_names[g]), lmi_span_str(topic_names[t]), q };
	switch (pick(12)) {
	case 0:
		SAME(0, offset_table_reset(&offset_table, &at, pos), "reset");
		m->committed = m->reset = pos;
		m->told = 0;
		break;
	case 1:
	case 2:
		SAME(follow(m, pos), offset_table_follow_reset(&offset_table, &at, pos), "where a pull is sent");
		break;
	case 3:
		SAME(0, offset_table_pulled(&offset_table, &at, pos), "pulled");
		m->pulled = pos;
		break;
	case 4:
		if (pick(8) == 0) {
			offset_table_drop_group(&offset_table, at.group);
			forget_all(g, -1);
		}
		break;
	case 5:
		if (pick(8) == 0) {
			offset_table_drop_topic(&offset_table, at.topic);
			forget_all(-1, t);
		}
		break;
	case 6:
		if (pick(4) == 0)
			save_and_load();
		break;
	case 7:
		ck_assert_int_eq(offset_table_commit(&offset_table, &at, -1 - pos), -LMQ_EILLEGAL);
		break;
	default:
		SAME(0, offset_table_commit(&offset_table, &at, pos), "commit");
		if (m->reset < 0)
			m->committed = pos;
	}
}

static void offsets_agree(void)
{
	for (int g = 0; g < GROUPS; g++)
		for (int t = 0; t < TOPICS; t++)
			for (int q = 0; q < QUEUES; q++) {
				struct offset_at at = { lmi_span_str(group_names[g]), lmi_span_str(topic_names[t]), q };
				SAME(offsets[g][t][q].committed, offset_table_get(&offset_table, &at), "committed");
				SAME(offsets[g][t][q].pulled, offset_table_get_pulled(&offset_table, &at), "pulled");
				SAME(offsets[g][t][q].reset >= 0, offset_table_has_reset(&offset_table, &at), "a reset waits");
			}
}

START_TEST(offsets_are_what_was_last_meant)
{
	for (seed_now = 1; seed_now <= seeds(); seed_now++) {
		lmi_rng_seeded_init(&rng, seed_now);
		forget_all(-1, -1);
		for (int i = 0; i < STEPS; i++) {
			offset_step();
			if (i % 16 == 0)
				offsets_agree();
		}
		offsets_agree();
		offset_table_done(&offset_table);
	}
}
END_TEST

/* ---- locks ---- */

struct lock_model {
	int client; /* -1: free */
	int64_t last_ms;
};

static struct lock_model locks[GROUPS][TOPICS][QUEUES];
static struct lock_table lock_table;
static int64_t now_ms;

static bool is_held(const struct lock_model *m)
{
	return m->client >= 0 && now_ms - m->last_ms <= LOCK_EXPIRE_MS_DEFAULT;
}

static bool any_held(int g)
{
	for (int t = 0; t < TOPICS; t++)
		for (int q = 0; q < QUEUES; q++)
			if (is_held(&locks[g][t][q]))
				return true;
	return false;
}

static size_t count_locks(bool only_held)
{
	size_t n = 0;
	for (int g = 0; g < GROUPS; g++)
		for (int t = 0; t < TOPICS; t++)
			for (int q = 0; q < QUEUES; q++)
				n += only_held ? is_held(&locks[g][t][q]) : locks[g][t][q].client >= 0;
	return n;
}

static void free_locks(int g, int client)
{
	for (int t = 0; t < TOPICS; t++)
		for (int q = 0; q < QUEUES; q++)
			if (locks[g][t][q].client == client)
				locks[g][t][q].client = -1;
}

static void expire_locks(void)
{
	size_t before = count_locks(false), held = count_locks(true);
	SAME(before - held, lock_table_expire(&lock_table, now_ms), "locks that expired");
	for (int g = 0; g < GROUPS; g++)
		for (int t = 0; t < TOPICS; t++)
			for (int q = 0; q < QUEUES; q++)
				if (!is_held(&locks[g][t][q]))
					locks[g][t][q].client = -1;
}

static void lock_step(void)
{
	int g = pick(GROUPS), t = pick(TOPICS), q = pick(QUEUES), c = pick(CLIENTS);
	struct lock_model *m = &locks[g][t][q];
	struct lock_who w = { lmi_span_str(group_names[g]), lmi_span_str(client_names[c]) };
	struct lmi_message_queue mq = { lmi_span_str(topic_names[t]), LMI_SPAN_LIT("broker-a"), q };
	bool may = !is_held(m) || m->client == c;
	switch (pick(10)) {
	case 0:
		SAME(m->client == c, lock_table_unlock(&lock_table, &w, &mq), "unlock");
		if (m->client == c)
			m->client = -1;
		break;
	case 1:
		lock_table_drop_client(&lock_table, &w);
		free_locks(g, c);
		break;
	case 2:
		expire_locks();
		break;
	case 3:
	case 4:
		now_ms += pick(3) * 20000 + pick(2);
		break;
	default:
		SAME(may, lock_table_try(&lock_table, &w, &mq, now_ms), "lock");
		if (may)
			*m = (struct lock_model){ c, now_ms };
	}
	SAME(any_held(g), lock_table_any(&lock_table, w.group, now_ms), "any lock of the group");
	SAME(count_locks(false), lock_table.count, "locks");
}

START_TEST(a_lock_has_one_holder_until_it_is_given_back_or_60_s_old)
{
	for (seed_now = 1; seed_now <= seeds(); seed_now++) {
		lmi_rng_seeded_init(&rng, seed_now);
		now_ms = 1000;
		lock_table = (struct lock_table){ 0 };
		for (int g = 0; g < GROUPS; g++)
			for (int t = 0; t < TOPICS; t++)
				for (int q = 0; q < QUEUES; q++)
					locks[g][t][q].client = -1;
		for (int i = 0; i < STEPS; i++)
			lock_step();
		lock_table_done(&lock_table);
	}
}
END_TEST

/* ---- members ---- */

struct member_model {
	bool in;
	int client, subs;
	int64_t last_ms;
};

struct place_model {
	bool kept;
	int64_t until_ms;
};

struct group_model {
	struct member_model members[PEERS];
	struct place_model places[CLIENTS];
	int subs;     /* what the group has subscribed to, bits of topics; the last heartbeat wins */
	bool changed; /* to be told */
};

static struct group_model groups[GROUPS];
static struct fx_peer peers[PEERS];
static struct client_table clients;

static int member_count(const struct group_model *g)
{
	int n = 0;
	for (int p = 0; p < PEERS; p++)
		n += g->members[p].in;
	return n;
}

static bool has_client(const struct group_model *g, int client)
{
	for (int p = 0; p < PEERS; p++)
		if (g->members[p].in && g->members[p].client == client)
			return true;
	return false;
}

static void leave(struct group_model *g, int p)
{
	int client = g->members[p].client;
	g->members[p].in = false;
	if (member_count(g) == 0) {
		memset(g, 0, sizeof(*g)); /* nobody is there to be told */
		return;
	}
	if (clients.grace_ms && (has_client(g, client) || g->places[client].kept))
		return;
	if (clients.grace_ms)
		g->places[client] = (struct place_model){ true, now_ms + clients.grace_ms };
	else
		g->changed = true;
}

/* The client's place of a changed id is not kept: it is the same connection. */
static void heartbeat(int gi, int p, int client, int subs)
{
	struct group_model *g = &groups[gi];
	struct member_model *m = &g->members[p];
	struct client_who w = { .peer = &peers[p].peer, .id = lmi_span_str(client_names[client]) };
	struct lmi_subscription s[TOPICS] = { { .topic = LMI_SPAN_NULL } };
	struct lmi_heartbeat_consumer c = { .group = lmi_span_str(group_names[gi]),
					    .type = LMI_CONSUME_PASSIVELY,
					    .model = LMI_MODEL_CLUSTERING,
					    .subscriptions = s };
	bool joined = !m->in || m->client != client, back = joined && g->places[client].kept, changed;
	for (int t = 0; t < TOPICS; t++)
		if (subs & 1 << t)
			s[c.subscription_count++] = (struct lmi_subscription){ .topic = lmi_span_str(topic_names[t]),
									       .expression = LMI_SPAN_LIT("*") };
	changed = (joined && !back) || g->subs != subs;
	SAME(changed, client_table_consumer(&clients, &w, &c, true, false, now_ms), "a heartbeat's news");
	*m = (struct member_model){ true, client, subs, now_ms };
	if (joined)
		g->places[client].kept = false;
	g->subs = subs;
	g->changed = g->changed || changed;
}

static void on_expired(void *ctx, const struct client_member *m)
{
	(void)m;
	(*(int *)ctx)++;
}

static void scan(void)
{
	int want = 0, got = 0;
	for (int g = 0; g < GROUPS; g++) {
		for (int c = 0; c < CLIENTS; c++)
			if (groups[g].places[c].kept && groups[g].places[c].until_ms <= now_ms) {
				groups[g].places[c].kept = false;
				groups[g].changed = true;
			}
		bool old[PEERS];
		for (int p = 0; p < PEERS; p++)
			old[p] = groups[g].members[p].in && now_ms - groups[g].members[p].last_ms > clients.expire_ms;
		/* In the order in which they joined: what is kept does not depend on it, but the last one keeps nothing. */
		for (int p = 0; p < PEERS; p++)
			if (old[p]) {
				want++;
				leave(&groups[g], p);
			}
	}
	client_table_expire(&clients, now_ms, on_expired, &got);
	SAME(want, got, "members that expired");
}

static void tell(void)
{
	for (struct client_group *g; (g = client_table_take_changed(&clients));) {
		int i = 0;
		while (!lmi_span_is(client_group_name(g), group_names[i]))
			i++;
		ck_assert_msg(groups[i].changed, "seed %llu: group %s is told without a reason", (unsigned long long)seed_now,
			      group_names[i]);
		groups[i].changed = false;
	}
	for (int g = 0; g < GROUPS; g++)
		SAME(false, groups[g].changed, "a group that was not told");
}

static void members_agree(void)
{
	for (int i = 0; i < GROUPS; i++) {
		const struct client_group *g = client_table_consumers(&clients, lmi_span_str(group_names[i]));
		uint32_t places = 0;
		for (int c = 0; c < CLIENTS; c++)
			places += groups[i].places[c].kept;
		SAME(member_count(&groups[i]), g ? (int)g->member_count : 0, "members");
		SAME(places, g ? g->ghost_count : 0, "places that are kept");
		for (int p = 0; p < PEERS && g; p++) {
			const struct client_member *m = client_group_member(g, &peers[p].peer);
			SAME(groups[i].members[p].in, m != NULL, "a member");
			if (m)
				ck_assert(lmi_span_is(client_member_id(m), client_names[groups[i].members[p].client]));
		}
		for (int t = 0; t < TOPICS && g; t++)
			SAME((groups[i].subs >> t) & 1, client_group_sub(g, lmi_span_str(topic_names[t])) != NULL, "a subscription");
	}
}

static void member_step(void)
{
	int g = pick(GROUPS), p = pick(PEERS);
	switch (pick(12)) {
	case 0:
		SAME(groups[g].members[p].in, client_table_unregister(&clients, &peers[p].peer, lmi_span_str(group_names[g]), false),
		     "a client leaves");
		if (groups[g].members[p].in)
			leave(&groups[g], p);
		break;
	case 1:
		client_table_peer_closed(&clients, &peers[p].peer);
		for (g = 0; g < GROUPS; g++)
			if (groups[g].members[p].in)
				leave(&groups[g], p);
		break;
	case 2:
		now_ms += 10000 * (1 + pick(8));
		scan();
		break;
	case 3:
		tell();
		break;
	default: /* a connection mostly keeps its client */
		heartbeat(g, p, pick(6) ? p % CLIENTS : pick(CLIENTS), pick(5) ? 3 : 1 + pick(3));
	}
}

START_TEST(members_come_and_go_as_heartbeats_say_and_the_others_are_told)
{
	for (seed_now = 1; seed_now <= seeds(); seed_now++) {
		lmi_rng_seeded_init(&rng, seed_now);
		memset(groups, 0, sizeof(groups));
		client_table_init(&clients);
		clients.grace_ms = seed_now % 2 ? 30000 : 0;
		now_ms = 1000;
		for (int p = 0; p < PEERS; p++)
			fx_peer_init(&peers[p]);
		for (int i = 0; i < STEPS; i++) {
			member_step();
			members_agree();
		}
		tell();
		client_table_done(&clients);
		for (int p = 0; p < PEERS; p++)
			fx_peer_done(&peers[p]);
	}
}
END_TEST

LMT_MAIN("model", offsets_are_what_was_last_meant, a_lock_has_one_holder_until_it_is_given_back_or_60_s_old,
	 members_come_and_go_as_heartbeats_say_and_the_others_are_told)
