/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a large registration is decoded on a worker and taken over in steps, between which others are answered; its own answer
 * comes when all is done; who closes or unregisters meanwhile is not registered; what waits is limited.
 * Shown: a name server on connections over memory, whose worker and steps run when the test says so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/conn_internal.h"
#include "io/stream.h"
#include "namesrv/handle_internal.h"
#include "tests/support/lmt.h"

#define TOPICS 3000

struct peer {
	struct lmi_stream *far;
	struct lmi_buf rx;
	struct lmi_command answer; /* borrows from frame and arena */
	struct lmi_buf frame;
};

static struct lmi_clock_manual clock_;
static struct lmi_loop *loop;
static struct namesrv n;
static struct lmi_arena arena;
static struct peer broker, client;
static struct lmi_job *job;       /* the worker's next */
static void (*later_fn)(void *);  /* the loop's */
static void *later_arg;
static uint64_t steps;

static void submit(struct lmi_executor *e, struct lmi_job *j)
{
	(void)e;
	ck_assert_ptr_null(job); /* one after the other */
	job = j;
}

static int later(void *user, void (*fn)(void *arg), void *arg)
{
	(void)user;
	ck_assert_ptr_null((void *)later_fn);
	later_fn = fn;
	later_arg = arg;
	return 0;
}

/* The worker's job, or a step.  False: there is none. */
static bool go_on(void)
{
	struct lmi_job *j = job;
	void (*fn)(void *) = later_fn;

	if (j) {
		job = NULL;
		j->run(j);
		j->done(j);
	} else if (fn) {
		later_fn = NULL;
		steps++;
		fn(later_arg);
	}
	lmi_loop_poll(loop);
	return j || fn;
}

static void far_ready(struct lmi_stream *s, unsigned int events)
{
	(void)s;
	(void)events;
}

static void peer_open(struct peer *p)
{
	struct lmi_stream *ends[2];

	*p = (struct peer){ 0 };
	ck_assert_int_eq(lmi_stream_memory_pair(loop, loop, ends), 0);
	ck_assert_ptr_nonnull(lmi_conn_new_on(ends[0], loop, &namesrv_conn_ops, &lmi_conn_limits_default, &n));
	p->far = ends[1];
	p->far->ready = far_ready;
}

static void peer_close(struct peer *p)
{
	if (p->far)
		p->far->ops->close(p->far);
	p->far = NULL;
	lmi_loop_poll(loop);
	lmi_buf_done(&p->rx);
	lmi_buf_done(&p->frame);
}

static void set_up(void)
{
	static struct lmi_executor worker = { submit };
	const struct namesrv_config cfg = {
		.limits = { .topics_max = 100000, .brokers_max = 100, .expire_ms = 120000 },
		.clock = &clock_.clock,
		.executor = &worker,
		.later = later,
		.scan_interval_ms = 5000,
	};

	lmi_clock_manual_init(&clock_, 1000000);
	loop = lmi_loop_new_with_clock(&clock_.clock);
	ck_assert_int_eq(namesrv_init(&n, &cfg), 0);
	job = NULL;
	later_fn = NULL;
	steps = 0;
	lmi_arena_init(&arena, 0);
	peer_open(&broker);
	peer_open(&client);
}

static void tear_down(void)
{
	peer_close(&broker);
	peer_close(&client);
	lmi_conn_close_all(loop);
	namesrv_done(&n);
	lmi_loop_free(loop);
	lmi_arena_done(&arena);
}

static void put(struct peer *p, const struct lmi_buf *b)
{
	for (size_t at = 0; at < lmi_buf_len(b);) {
		struct iovec iov = { lmi_buf_data(b) + at, lmi_buf_len(b) - at };
		ssize_t put = p->far->ops->writev(p->far, &iov, 1);

		ck_assert(put > 0 || put == -EAGAIN);
		at += put > 0 ? (size_t)put : 0;
		lmi_loop_poll(loop);
	}
}

/* The next answer; false: there is none yet. */
static bool answered(struct peer *p)
{
	uint8_t piece[4096];
	struct iovec iov = { piece, sizeof(piece) };
	size_t bytes;
	ssize_t got;

	while ((got = p->far->ops->readv(p->far, &iov, 1)) > 0)
		lmi_buf_put(&p->rx, piece, (size_t)got);
	if (lmi_frame_cut(lmi_buf_span(&p->rx), 1 << 20, &bytes) != 0)
		return false;
	lmi_buf_reset(&p->frame, 0);
	lmi_buf_put(&p->frame, lmi_buf_data(&p->rx), bytes);
	lmi_buf_consume(&p->rx, bytes);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&p->frame), &arena, &p->answer), 0);
	return true;
}

static void put_identity(struct lmi_command_out *o, const char *name)
{
	lmi_command_put(o, LMI_EXT_BROKER_NAME, lmi_span_str(name));
	lmi_command_put(o, LMI_EXT_BROKER_ADDR, LMI_SPAN_LIT("1.1.1.1:1"));
	lmi_command_put(o, LMI_EXT_CLUSTER_NAME, LMI_SPAN_LIT("C"));
	lmi_command_put(o, LMI_EXT_HA_SERVER_ADDR, LMI_SPAN_LIT("1.1.1.1:2"));
	lmi_command_put_i64(o, LMI_EXT_BROKER_ID, 0);
}

static const char *topic_name(int i)
{
	static char name[32];

	snprintf(name, sizeof(name), "work-topic-%d", i);
	return name;
}

/* A registration of @count topics with so many queues each. */
static void send_registration(struct peer *p, const char *name, int count, int queues, int64_t version, int32_t crc)
{
	struct lmi_topic_config *topics = calloc((size_t)count, sizeof(*topics));
	struct lmi_register r = { .version = { .counter = version }, .topics = topics, .topic_count = (size_t)count };
	struct lmi_buf b = { 0 }, body = { 0 };
	struct lmi_command_out o;

	for (int i = 0; i < count; i++) {
		lmi_topic_config_init(&topics[i], lmi_span_str(lmi_arena_strdup(&arena, lmi_span_str(topic_name(i)))));
		topics[i].read_queues = topics[i].write_queues = queues;
	}
	lmi_register_put(&body, &r);
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_BROKER, (int32_t)version, 0);
	put_identity(&o, name);
	lmi_command_put_i64(&o, LMI_EXT_BODY_CRC32, crc);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(&b, lmi_buf_span(&body));
	put(p, &b);
	free(topics);
	lmi_buf_done(&b);
	lmi_buf_done(&body);
}

static void send_small(struct peer *p, int32_t code, const char *topic)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, code, 7, 0);
	if (topic)
		lmi_command_put(&o, LMI_EXT_TOPIC, lmi_span_str(topic));
	else
		put_identity(&o, "b");
	lmi_command_end(&o, 0);
	put(p, &b);
	lmi_buf_done(&b);
}

/* A client's lookup, which is answered at once. */
static bool found(int topic)
{
	send_small(&client, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, topic_name(topic));
	ck_assert(answered(&client));
	return client.answer.code == LMI_RSP_SUCCESS;
}

START_TEST(lookups_are_answered_between_the_steps_of_a_large_registration)
{
	uint64_t lookups = 0;

	set_up();
	send_registration(&broker, "b", TOPICS, 4, 1, 0);
	ck_assert(!found(0));
	while (!answered(&broker)) {
		ck_assert(go_on());
		found((int)(lookups++ % TOPICS));
	}
	ck_assert_int_eq(broker.answer.code, LMI_RSP_SUCCESS);
	ck_assert_uint_ge(steps, TOPICS / NAMESRV_WORK_TOPICS);
	ck_assert_uint_ge(lookups, steps);
	for (int i = 0; i < TOPICS; i++)
		ck_assert(found(i));
	ck_assert(!go_on());
	tear_down();
}
END_TEST

START_TEST(what_the_same_broker_says_next_is_done_after_it)
{
	set_up();
	send_registration(&broker, "b", TOPICS, 4, 1, 0);
	send_registration(&broker, "b", 2, 9, 2, 0); /* small, but later */
	while (go_on())
		;
	ck_assert(answered(&broker));
	ck_assert_int_eq(broker.answer.opaque, 1);
	ck_assert(answered(&broker));
	ck_assert_int_eq(broker.answer.opaque, 2);
	ck_assert(found(0));
	ck_assert_ptr_nonnull(memmem(client.answer.body.p, client.answer.body.n, "\"readQueueNums\":9", 17));
	tear_down();
}
END_TEST

START_TEST(a_broker_that_closes_or_unregisters_meanwhile_is_not_registered)
{
	for (int closes = 0; closes < 2; closes++)
		for (int after = 0; after < 4; after++) {
			set_up();
			send_registration(&broker, "b", TOPICS, 4, 1, 0);
			for (int i = 0; i < after; i++)
				ck_assert(go_on());
			if (closes) {
				peer_close(&broker);
			} else {
				send_small(&broker, LMI_REQ_UNREGISTER_BROKER, NULL);
				ck_assert(answered(&broker));
				ck_assert_int_eq(broker.answer.code, LMI_RSP_SUCCESS);
			}
			while (go_on())
				;
			ck_assert_uint_eq(route_table_broker_count(n.routes), 0);
			if (!closes) {
				ck_assert(answered(&broker));
				ck_assert_int_eq(broker.answer.code, LMI_RSP_SYSTEM_ERROR);
			}
			for (int i = 0; i < TOPICS; i++)
				ck_assert(!found(i));
			tear_down();
		}
}
END_TEST

START_TEST(a_wrong_checksum_is_refused_in_rocketmqs_words)
{
	set_up();
	send_registration(&broker, "b", TOPICS, 4, 1, 12345);
	while (go_on())
		;
	ck_assert(answered(&broker));
	ck_assert_int_eq(broker.answer.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(broker.answer.remark, "crc32 not match"));
	ck_assert_uint_eq(route_table_broker_count(n.routes), 0);
	tear_down();
}
END_TEST

START_TEST(more_than_may_wait_are_refused_as_busy_and_a_broker_that_waits_lives)
{
	unsigned int busy = 0;

	set_up();
	send_registration(&broker, "b", TOPICS, 4, 1, 0);
	while (go_on())
		;
	ck_assert(answered(&broker));
	send_registration(&broker, "b", TOPICS, 4, 2, 0);
	lmi_clock_manual_pass(&clock_, 119000);
	for (unsigned int i = 0; i < NAMESRV_WORK_WAITING_MAX + 9; i++)
		send_registration(&broker, "b", 2, 4, 3, 0);
	lmi_clock_manual_pass(&clock_, 119000);
	namesrv_duty(&n, lmi_mono_ms(&clock_.clock)); /* it was heard of, though nothing was taken over */
	ck_assert_uint_eq(route_table_broker_count(n.routes), 1);
	while (answered(&broker)) {
		ck_assert_int_eq(broker.answer.code, LMI_RSP_SYSTEM_BUSY);
		busy++;
	}
	ck_assert_uint_eq(busy, 10);
	while (go_on())
		;
	ck_assert_uint_eq(n.work_count, 0);
	ck_assert_uint_eq(n.work_bytes, 0);
	tear_down();
}
END_TEST

START_TEST(what_still_waits_at_the_end_is_dropped)
{
	set_up();
	send_registration(&broker, "b", TOPICS, 4, 1, 0);
	send_registration(&broker, "b", TOPICS, 4, 2, 0);
	ck_assert(go_on());
	ck_assert(go_on());
	ck_assert(go_on());
	tear_down();
}
END_TEST

LMT_MAIN("work", lookups_are_answered_between_the_steps_of_a_large_registration, what_the_same_broker_says_next_is_done_after_it,
	 a_broker_that_closes_or_unregisters_meanwhile_is_not_registered, a_wrong_checksum_is_refused_in_rocketmqs_words,
	 more_than_may_wait_are_refused_as_busy_and_a_broker_that_waits_lives, what_still_waits_at_the_end_is_dropped)
