/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with 3 name servers, 20 brokers and 100 clients, whoever is killed, cut off or restarted, however frames are delayed
 * and whatever the wall clocks do: a route names a broker only when a live registration justifies it, or did within the
 * expiry time; it has no topic whose deletion that name server has confirmed; and after quiet every name server has
 * exactly the topics of the brokers that live.
 * Shown: the name server's own code and the broker's registration code on a network that is simulated, a seed a run.
 * LIGHTMQ_SEEDS runs, 1,000 by default; LIGHTMQ_SEED the first.  A failure prints its seed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "broker/broker_internal.h"
#include "namesrv/namesrv.h"
#include "tests/support/lmt.h"

#define SERVERS 3
#define BROKERS 20
#define CLIENTS 100
#define TOPICS 40        /* names that brokers make and delete */
#define CHAOS_MS 200000
#define QUIET_MS 100000  /* three heartbeats: expiry of the dead takes longer, see below */
#define EXPIRE_MS 120000
#define SCAN_MS 5000
#define CALL_MS 24000    /* registerBrokerTimeoutMills */
#define STEP_MS 100      /* the broker's tick */

struct name_server {
	struct namesrv n;
	struct lmi_clock_manual clock;
	bool up;
	uint64_t incarnation;
};

/* A connection from a broker to a name server. */
struct link {
	bool cut;               /* frames vanish in both directions */
	uint64_t conn;          /* as the name server knows it; 0: none */
	uint64_t incarnation;   /* of the name server */
	int64_t heard_ms;       /* when the name server last took a frame of this broker, whatever happened to the connection */
};

struct sim_broker {
	struct broker b; /* registration only: the rest is zero */
	bool up;
	int64_t deleted[TOPICS]; /* version of the table when a topic was last deleted; 0 never */
	struct link links[SERVERS];
	uint64_t epoch;         /* answers to an earlier life are dropped */
};

/* A frame, or the end of a call, on its way. */
struct event {
	int64_t at_ms;
	int broker, server;
	uint64_t epoch, conn;
	int32_t opaque;
	int err;                /* to the broker: the call ends so */
	bool request;
	lmi_rpc_done_fn *done;
	void *arg;
	uint8_t *frame;
	size_t n;
};

static struct name_server servers[SERVERS];
static struct sim_broker brokers[BROKERS];
static struct event *events;
static size_t event_count, event_cap;
static struct lmi_rng_seeded rng;
static struct lmi_arena arena;
static int64_t now_ms;
static uint64_t next_conn, seed, lookups, found;

static uint64_t chance(uint64_t n) { return lmi_rng_below(&rng.rng, n); }

/* ---- the network ---- */

static struct event *add_event(int64_t at_ms)
{
	if (event_count == event_cap) {
		event_cap = event_cap ? 2 * event_cap : 256;
		events = realloc(events, event_cap * sizeof(*events));
		ck_assert_ptr_nonnull(events);
	}
	events[event_count] = (struct event){ .at_ms = at_ms };
	return &events[event_count++];
}

static int index_of(const struct broker *b) { return (int)((const struct sim_broker *)b - brokers); }
static int64_t sim_now(const struct broker *b) { (void)b; return now_ms; }

static int32_t sim_opaque(struct broker *b)
{
	static int32_t opaque;

	(void)b;
	return ++opaque;
}

static int64_t delay(void) { return chance(20) == 0 ? (int64_t)chance(3000) : (int64_t)chance(3); }

static int sim_send(struct broker *b, size_t server, int32_t opaque, struct lmi_span frame, lmi_rpc_done_fn *done, void *arg)
{
	int i = index_of(b);
	struct link *l = &brokers[i].links[server];
	struct name_server *s = &servers[server];
	struct event *e;

	if (l->conn && l->incarnation != s->incarnation)
		l->conn = 0; /* that process is gone */
	if (!l->conn && s->up && !l->cut) {
		l->conn = ++next_conn;
		l->incarnation = s->incarnation;
	}
	e = add_event(now_ms + (l->conn && !l->cut ? delay() : l->cut ? CALL_MS : 1));
	e->broker = i;
	e->server = (int)server;
	e->epoch = brokers[i].epoch;
	e->conn = l->conn;
	e->opaque = opaque;
	e->done = done;
	e->arg = arg;
	if (!l->conn || l->cut) {
		e->err = l->cut ? -LMQ_ETIMEOUT : -ECONNREFUSED;
		return 0;
	}
	e->request = true;
	e->frame = malloc(frame.n);
	memcpy(e->frame, frame.p, frame.n);
	e->n = frame.n;
	return 0;
}

static const struct register_transport transport = { sim_opaque, sim_send, sim_now };

/* The connection is noticed as closed on the broker's side. */
static void lose(int broker, int server)
{
	brokers[broker].links[server].conn = 0;
	broker_register_lost(&brokers[broker].b, brokers[broker].b.servers.servers[server].address);
}

static void end_call(const struct event *e, int err, const struct lmi_command *answer)
{
	if (brokers[e->broker].epoch != e->epoch || !brokers[e->broker].up) {
		free(e->arg); /* of a life that is over */
		return;
	}
	e->done(e->arg, err, answer);
	if (err)
		lose(e->broker, e->server);
}

static bool reaches(const struct event *e)
{
	const struct link *l = &brokers[e->broker].links[e->server];

	return servers[e->server].up && !l->cut && l->conn == e->conn && l->incarnation == servers[e->server].incarnation;
}

/* A frame arrives at the name server; its answer sets out. */
static void arrive(const struct event *e)
{
	struct lmi_buf out = { 0 };
	struct lmi_command c;
	struct event *back;

	ck_assert_int_eq(lmi_command_decode(lmi_span(e->frame, e->n), &arena, &c), 0);
	namesrv_handle(&servers[e->server].n, &c, e->conn, &out);
	lmi_arena_reset(&servers[e->server].n.arena);
	brokers[e->broker].links[e->server].heard_ms = now_ms;
	ck_assert(!out.failed && lmi_buf_len(&out) > 0);
	back = add_event(now_ms + delay());
	*back = (struct event){ back->at_ms, e->broker, e->server, e->epoch, e->conn, e->opaque, 0, false, e->done, e->arg,
				malloc(lmi_buf_len(&out)), lmi_buf_len(&out) };
	memcpy(back->frame, lmi_buf_data(&out), back->n);
	lmi_buf_done(&out);
}

static void happen(const struct event *e)
{
	struct lmi_command c;

	lmi_arena_reset(&arena);
	if (e->err) {
		end_call(e, e->err, NULL);
	} else if (!reaches(e)) {
		struct event *late = add_event(brokers[e->broker].links[e->server].cut ? now_ms + CALL_MS : now_ms + 1);
		struct event copy = *e;

		late->broker = copy.broker;
		late->server = copy.server;
		late->epoch = copy.epoch;
		late->done = copy.done;
		late->arg = copy.arg;
		late->err = -LMQ_ECLOSED;
	} else if (e->request) {
		arrive(e);
	} else {
		ck_assert_int_eq(lmi_command_decode(lmi_span(e->frame, e->n), &arena, &c), 0);
		end_call(e, 0, &c);
	}
}

static void run_events(void)
{
	for (size_t i = 0; i < event_count;) {
		struct event e = events[i];

		if (e.at_ms > now_ms) {
			i++;
			continue;
		}
		memmove(&events[i], &events[i + 1], (event_count - i - 1) * sizeof(*events));
		event_count--;
		happen(&e);
		free(e.frame);
		i = 0; /* later ones may be due now too */
	}
}

/* ---- name servers and brokers come and go ---- */

static void start_server(int s)
{
	struct namesrv_config cfg = {
		.limits = { .topics_max = 100000, .brokers_max = 1000, .expire_ms = EXPIRE_MS },
		.clock = &servers[s].clock.clock,
		.scan_interval_ms = SCAN_MS,
		.return_order_config = true,
	};

	ck_assert_int_eq(namesrv_init(&servers[s].n, &cfg), 0);
	servers[s].up = true;
	servers[s].incarnation = ++next_conn;
}

static void kill_server(int s)
{
	namesrv_done(&servers[s].n);
	servers[s].up = false;
	for (int i = 0; i < BROKERS; i++)
		if (brokers[i].up && !brokers[i].links[s].cut)
			lose(i, s);
}

static void topic_name(int t, char *out) { snprintf(out, 32, "sim-topic-%d", t); }

static void put_topic(int i, int t)
{
	char name[32];
	struct lmi_topic_config c;

	topic_name(t, name);
	lmi_topic_config_init(&c, lmi_span_str(name));
	c.read_queues = c.write_queues = 1 + (int32_t)chance(3);
	ck_assert_int_eq(topic_table_put(&brokers[i].b.core.topics, &c, now_ms), 0);
}

static void del_topic(int i, int t)
{
	char name[32];

	topic_name(t, name);
	if (topic_table_del(&brokers[i].b.core.topics, lmi_span_str(name), now_ms))
		brokers[i].deleted[t] = brokers[i].b.core.topics.version.counter;
}

static bool has_topic(int i, int t)
{
	char name[32];

	topic_name(t, name);
	return topic_table_get(&brokers[i].b.core.topics, lmi_span_str(name)) != NULL;
}

/* The topics stay, as on a disk. */
static void start_broker(int i)
{
	static char names[BROKERS][16], addresses[BROKERS][32];
	struct broker *b = &brokers[i].b;
	struct broker_settings *s = &b->cfg.core.settings;

	snprintf(names[i], sizeof(names[i]), "broker-%d", i);
	snprintf(addresses[i], sizeof(addresses[i]), "10.0.0.%d:10911", i);
	*s = (struct broker_settings){ .cluster_name = LMI_SPAN_LIT("C"), .broker_name = lmi_span_str(names[i]),
				       .address = lmi_span_str(addresses[i]), .ha_address = lmi_span_str(addresses[i]), .permission = 6,
				       .register_period_ms = 30000 };
	b->cfg.name_servers = "ns0:1;ns1:1;ns2:1";
	b->core.handle.settings = s;
	b->core.handle.clock = &servers[0].clock.clock;
	b->core.topics.unregistered = false;
	b->stopping = false;
	ck_assert_int_eq(broker_register_init(b, &transport), 0);
	brokers[i].up = true;
	brokers[i].epoch = ++next_conn;
}

/* A kill: who can still hear it sees the connection close. */
static void kill_broker(int i)
{
	for (int s = 0; s < SERVERS; s++) {
		struct link *l = &brokers[i].links[s];

		if (l->conn && servers[s].up && l->incarnation == servers[s].incarnation && !l->cut)
			namesrv_conn_closed(&servers[s].n, l->conn);
		l->conn = 0;
	}
	broker_register_done(&brokers[i].b);
	lmi_buf_done(&brokers[i].b.core.handle.scratch);
	brokers[i].up = false;
}

/* Cut, or mend: what was under way stays lost, and the name server never hears that the old connection is gone. */
static void set_cut(int i, int s, bool cut)
{
	struct link *l = &brokers[i].links[s];

	if (l->cut == cut)
		return;
	l->cut = cut;
	if (!cut)
		l->conn = 0;
}

/* ---- clients ---- */

static void look_up(int s, int t)
{
	struct lmi_buf frame = { 0 }, out = { 0 };
	struct lmi_command_out o;
	struct lmi_command c, a;
	struct lmi_route route;
	char name[32];

	topic_name(t, name);
	lmi_arena_reset(&arena);
	lmi_command_begin(&o, &frame, LMI_SERIALIZE_JSON, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, 1, 0);
	lmi_command_put(&o, LMI_EXT_TOPIC, lmi_span_str(name));
	lmi_command_end(&o, 0);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&frame), &arena, &c), 0);
	namesrv_handle(&servers[s].n, &c, UINT64_MAX, &out);
	lmi_arena_reset(&servers[s].n.arena);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&out), &arena, &a), 0);
	lookups++;
	if (a.code == LMI_RSP_SUCCESS) {
		found++;
		ck_assert_int_eq(lmi_route_decode(a.body, &arena, &route), 0);
		ck_assert_uint_gt(route.broker_count, 0);
		for (size_t k = 0; k < route.broker_count; k++) {
			int i = atoi((const char *)route.brokers[k].broker_name.p + strlen("broker-"));
			const struct link *l = &brokers[i].links[s];
			const struct register_link *r = brokers[i].up ? &brokers[i].b.links[s] : NULL;

			ck_assert_msg(l->heard_ms && now_ms - l->heard_ms <= EXPIRE_MS + SCAN_MS + STEP_MS,
				      "seed %llu: name server %d names broker %d for %s, heard of %lld ms ago", (unsigned long long)seed, s, i, name,
				      (long long)(now_ms - l->heard_ms));
			ck_assert_msg(has_topic(i, t) || !r || !r->confirmed || r->version < brokers[i].deleted[t],
				      "seed %llu: name server %d names broker %d for %s, whose deletion it has confirmed", (unsigned long long)seed, s,
				      i, name);
		}
	} else {
		ck_assert_int_eq(a.code, LMI_RSP_TOPIC_NOT_EXIST);
	}
	lmi_buf_done(&frame);
	lmi_buf_done(&out);
}

/* ---- a run ---- */

static void pass(int64_t ms)
{
	for (int64_t end = now_ms + ms; now_ms < end;) {
		now_ms += STEP_MS;
		for (int s = 0; s < SERVERS; s++) {
			lmi_clock_manual_pass(&servers[s].clock, STEP_MS);
			if (servers[s].up)
				namesrv_duty(&servers[s].n, lmi_mono_ms(&servers[s].clock.clock));
		}
		run_events();
		for (int i = 0; i < BROKERS; i++)
			if (brokers[i].up)
				broker_register_run(&brokers[i].b);
		run_events();
	}
}

static void some_chaos(void)
{
	int i = (int)chance(BROKERS), s = (int)chance(SERVERS), t = (int)chance(TOPICS);

	switch (chance(10)) {
	case 0:
		if (servers[s].up)
			kill_server(s);
		else
			start_server(s);
		break;
	case 1:
		if (brokers[i].up)
			kill_broker(i);
		else
			start_broker(i);
		break;
	case 2: set_cut(i, s, !brokers[i].links[s].cut); break;
	case 3: servers[s].clock.wall_ms_now += (int64_t)chance(1000000000) - 500000000; break;
	case 4: del_topic(i, t); break;
	case 5:
		if (servers[s].up && chance(4) == 0) { /* an administrator, whom the brokers overrule */
			char name[32];

			topic_name(t, name);
			route_table_delete_topic(servers[s].n.routes, lmi_span_str(name), LMI_SPAN_NULL);
		}
		break;
	default: put_topic(i, t);
	}
}

static void check_same(void)
{
	for (int s = 0; s < SERVERS; s++) {
		size_t live = 0, topics = 0;

		for (int t = 0; t < TOPICS; t++) {
			struct route_ask ask;
			struct route_answer a;
			char name[32];
			size_t want = 0, have = 0;

			topic_name(t, name);
			ask = (struct route_ask){ .topic = lmi_span_str(name), .dialect = LMI_ROUTE_STANDARD };
			for (int i = 0; i < BROKERS; i++)
				want += brokers[i].up && has_topic(i, t);
			topics += want > 0;
			if (route_table_route(servers[s].n.routes, &ask, &arena, &a) == 0) {
				struct lmi_route route;

				ck_assert_int_eq(lmi_route_decode(a.body, &arena, &route), 0);
				have = route.broker_count;
			}
			ck_assert_msg(want == have, "seed %llu: name server %d has %zu brokers for %s, there are %zu", (unsigned long long)seed, s, have,
				      name, want);
			lmi_arena_reset(&arena);
		}
		for (int i = 0; i < BROKERS; i++)
			live += brokers[i].up;
		ck_assert_uint_eq(route_table_broker_count(servers[s].n.routes), live);
		ck_assert_uint_eq(route_table_topic_count(servers[s].n.routes), topics);
	}
}

static void begin_run(void)
{
	lmi_rng_seeded_init(&rng, seed);
	now_ms = 1000;
	next_conn = 0;
	memset(brokers, 0, sizeof(brokers));
	lmi_arena_init(&arena, 0);
	for (int s = 0; s < SERVERS; s++) {
		lmi_clock_manual_init(&servers[s].clock, 1700000000000 + (int64_t)chance(1000000));
		start_server(s);
	}
	for (int i = 0; i < BROKERS; i++) {
		lmi_arena_init(&brokers[i].b.core.handle.arena, 0);
		for (int n = 0; n < 5; n++)
			put_topic(i, (int)chance(TOPICS));
		start_broker(i);
	}
}

static void end_run(void)
{
	for (int i = 0; i < BROKERS; i++) {
		if (brokers[i].up)
			kill_broker(i);
		topic_table_done(&brokers[i].b.core.topics);
		lmi_arena_done(&brokers[i].b.core.handle.arena);
	}
	for (size_t i = 0; i < event_count; i++) {
		free(events[i].arg);
		free(events[i].frame);
	}
	event_count = 0;
	for (int s = 0; s < SERVERS; s++)
		namesrv_done(&servers[s].n);
	lmi_arena_done(&arena);
}

static void run(void)
{
	begin_run();
	pass(1000);
	while (now_ms < CHAOS_MS) {
		pass((int64_t)(1 + chance(20)) * STEP_MS);
		for (int n = (int)chance(3); n > 0; n--)
			some_chaos();
		for (int c = 0; c < CLIENTS / 20; c++) { /* each of them refreshes its routes every 30 s */
			int s = (int)chance(SERVERS);

			if (servers[s].up)
				look_up(s, (int)chance(TOPICS));
		}
	}
	for (int s = 0; s < SERVERS; s++)
		if (!servers[s].up)
			start_server(s);
	for (int i = 0; i < BROKERS; i++) {
		for (int s = 0; s < SERVERS; s++)
			set_cut(i, s, false);
		if (!brokers[i].up)
			start_broker(i);
	}
	pass(QUIET_MS);
	check_same();
	end_run();
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

/* A tenth of the seeds: one test may take LMT_TIMEOUT_S. */
static void run_share(uint64_t share)
{
	uint64_t n = (number("LIGHTMQ_SEEDS", LMT_ROUNDS(1000)) + 9) / 10, first = number("LIGHTMQ_SEED", 1) + share * n;

	for (seed = first; seed < first + n; seed++)
		run();
	printf("# seeds %llu to %llu: %llu lookups, %llu of them with a route\n", (unsigned long long)first, (unsigned long long)(seed - 1),
	       (unsigned long long)lookups, (unsigned long long)found);
	free(events);
}

START_TEST(a_topic_that_a_name_server_has_in_its_order_configuration_is_marked_so)
{
	seed = 1;
	begin_run();
	put_topic(3, 5);
	put_topic(3, 6);
	pass(1000);
	ck_assert_int_eq(kv_table_put(&servers[1].n.kv, LMI_SPAN_LIT("ORDER_TOPIC_CONFIG"), LMI_SPAN_LIT("sim-topic-5"), LMI_SPAN_LIT("broker-3:4")), 0);
	pass(QUIET_MS);
	ck_assert(topic_table_get(&brokers[3].b.core.topics, LMI_SPAN_LIT("sim-topic-5"))->config.order);
	ck_assert(!topic_table_get(&brokers[3].b.core.topics, LMI_SPAN_LIT("sim-topic-6"))->config.order);
	check_same();
	end_run();
}
END_TEST

#define SHARE(k) \
	START_TEST(routes_are_justified_at_all_times_and_agree_after_quiet_##k) { run_share(k); } END_TEST
SHARE(0)
SHARE(1)
SHARE(2)
SHARE(3)
SHARE(4)
SHARE(5)
SHARE(6)
SHARE(7)
SHARE(8)
SHARE(9)
#define T(k) routes_are_justified_at_all_times_and_agree_after_quiet_##k

LMT_MAIN("names", a_topic_that_a_name_server_has_in_its_order_configuration_is_marked_so, T(0), T(1), T(2), T(3), T(4), T(5), T(6), T(7), T(8), T(9))
