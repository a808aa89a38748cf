/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side of an exchange that shows each feature of the library: the other side is this program or Library.java, whichever
 * broker is between.  Uses the public headers only.
 *
 *	library_peer NAMESRV TOPIC send|receive [FEATURE...]     the features named are left out
 *	library_peer NAMESRV TOPIC once                          one message is sent and received; says its id
 *	library_peer NAMESRV TOPIC refused                       ends with 0 when a send is refused for want of permission
 *	library_peer NAMESRV TOPIC share STRATEGY NAME           a member of a group: says its queues whenever they change, until its input ends
 *
 *	library_peer NAMESRV TOPIC storm                         sends from several threads until its input ends, whatever becomes of the servers;
 *	                                                         then receives: all that was reported stored must be there, and no send
 *	                                                         may have taken longer than was promised
 *
 * LIBRARY_SET holds more settings, name=value, separated by blanks.
 *
 * Sending ends with 0 when everything was stored and both requests were replied.  Receiving says READY, and ends with 0 when every
 * message came as it was sent, none that was rolled back or recalled came, and requests were replied.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <lightmq/lightmq.h>

#define KINDS_MAX 16
#define COUNT_MAX 64
#define BIG 20000
#define QUIET_MS 2500 /* in which what must not come would come */
#define WAIT_MS 60000

/* Must be as in Library.java. */
static const struct kind {
	const char *name;
	int count;     /* how many come; 0: none may */
	size_t bytes;
} kinds[] = {
	{ "plain", 5, 100 },   { "tagged", 5, 100 },  { "zlib", 3, BIG },   { "lz4", 3, BIG },     { "zstd", 3, BIG },
	{ "batch", 3, 100 },   { "auto", 50, 128 },   { "level", 2, 100 },  { "timed", 2, 100 },   { "recalled", 0, 100 },
	{ "commit", 2, 100 },  { "rollback", 0, 100 }, { "checked", 2, 100 }, { "ask", 2, 100 },   { "oneway", 3, 100 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *namesrv, *topic;
static char **skips;
static int skip_count;
static int failures;

static int64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# library_peer: ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

static void must(int r, const char *what, const struct lmq_send_result *result)
{
	if (r < 0)
		fail("%s: %s (%s)", what, lmq_strerror(r), result ? lmq_send_result_detail(result) : "");
}

static bool wanted(const char *kind)
{
	for (int i = 0; i < skip_count; i++)
		if (strcmp(skips[i], kind) == 0)
			return false;
	return true;
}

static void set_more(struct lmq_config *cfg)
{
	char err[256], *text = getenv("LIBRARY_SET") ? strdup(getenv("LIBRARY_SET")) : NULL, *at = text, *word;

	while (text && (word = strsep(&at, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value = '\0';
		if (lmq_config_set(cfg, word, value + 1, err, sizeof(err)) < 0)
			fail("%s", err);
	}
	free(text);
}

static struct lmq_client *open_client(const char *const *settings)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *client;
	char err[256];

	if (lmq_config_set(cfg, "namesrvAddr", namesrv, err, sizeof(err)) < 0 ||
	    lmq_config_set(cfg, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", err, sizeof(err)) < 0)
		exit(2);
	for (; settings && *settings; settings += 2)
		if (lmq_config_set(cfg, settings[0], settings[1], err, sizeof(err)) < 0)
			fail("%s", err);
	set_more(cfg);
	if (lmq_client_new(cfg, &client, err, sizeof(err)) < 0) {
		fail("%s", err);
		exit(2);
	}
	lmq_config_free(cfg);
	return client;
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static void fill(char *body, size_t bytes, int n)
{
	for (size_t i = 0; i < bytes; i++)
		body[i] = (char)('a' + ((size_t)n + i / 16) % 26);
}

/* ---- sending ---- */

static struct lmq_message *make(const char *kind, int n, int64_t due_ms)
{
	const struct kind *k = kind_of(kind);
	struct lmq_message *m;
	char text[32], *body = malloc(k->bytes);

	fill(body, k->bytes, n);
	m = lmq_message_new(topic, body, k->bytes);
	free(body);
	snprintf(text, sizeof(text), "%d", n);
	must(lmq_message_set_property(m, "kind", kind), "property", NULL);
	must(lmq_message_set_property(m, "n", text), "property", NULL);
	snprintf(text, sizeof(text), "%" PRId64, due_ms);
	must(lmq_message_set_property(m, "due", text), "property", NULL);
	if (strcmp(kind, "tagged") == 0) {
		must(lmq_message_set_tag(m, "TagA"), "tag", NULL);
		must(lmq_message_set_keys(m, "k1 k2"), "keys", NULL);
		must(lmq_message_set_property(m, "color", "r\xc3\xb8""d"), "property", NULL);
	}
	return m;
}

static struct lmq_client *client;
static struct lmq_send_result *result;

static struct lmq_producer *open_producer(const char *group, const char *const *settings)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_producer *p;
	char err[256];

	for (; settings && *settings; settings += 2)
		if (lmq_config_set(cfg, settings[0], settings[1], err, sizeof(err)) < 0)
			fail("%s", err);
	set_more(cfg);
	must(lmq_producer_new(client, group, cfg, &p), "producer", NULL);
	lmq_config_free(cfg);
	return p;
}

static void send_each(struct lmq_producer *p, const char *kind)
{
	for (int i = 0; i < kind_of(kind)->count; i++) {
		struct lmq_message *m = make(kind, i, 0);

		must(lmq_producer_send(p, m, 10000, result), kind, result);
		lmq_message_free(m);
	}
}

static void send_packed(const char *kind, const char *type)
{
	const char *const settings[] = { "compressType", type, NULL };
	struct lmq_producer *p = open_producer(kind, settings);

	send_each(p, kind);
	lmq_producer_free(p);
}

static void send_batch(struct lmq_producer *p)
{
	struct lmq_message *m[3];

	for (int i = 0; i < 3; i++)
		m[i] = make("batch", i, 0);
	must(lmq_producer_send_batch(p, (const struct lmq_message *const *)m, 3, 10000, result), "batch", result);
	for (int i = 0; i < 3; i++)
		lmq_message_free(m[i]);
}

static void on_sent(void *user, const struct lmq_send_result *r)
{
	must(lmq_send_result_error(r), user, r);
}

static void send_auto(void)
{
	static const char *const settings[] = { "autoBatch", "true", NULL };
	struct lmq_producer *p = open_producer("auto", settings);

	for (int i = 0; i < kind_of("auto")->count; i++) {
		struct lmq_message *m = make("auto", i, 0);

		must(lmq_producer_send_async(p, m, on_sent, (void *)(uintptr_t)"auto"), "auto", NULL);
		lmq_message_free(m);
	}
	must(lmq_producer_flush(p, 10000), "flush", NULL);
	lmq_producer_free(p);
}

static void send_oneway(struct lmq_producer *p)
{
	for (int i = 0; i < kind_of("oneway")->count; i++) {
		struct lmq_message *m = make("oneway", i, 0);

		must(lmq_producer_send_oneway(p, m), "oneway", NULL);
		lmq_message_free(m);
	}
	must(lmq_producer_flush(p, 10000), "flush", NULL);
}

static void send_later(struct lmq_producer *p)
{
	for (int i = 0; i < 2; i++) {
		struct lmq_message *m = make("level", i, wall_ms() + 900);

		must(lmq_message_set_delay_level(m, 1), "level", NULL);
		if (wanted("level"))
			must(lmq_producer_send(p, m, 10000, result), "level", result);
		lmq_message_free(m);
		m = make("timed", i, wall_ms() + 2000);
		if (i)
			must(lmq_message_set_deliver_after(m, 3000), "timed", NULL);
		else
			must(lmq_message_set_deliver_at(m, wall_ms() + 3000), "timed", NULL);
		if (wanted("timed"))
			must(lmq_producer_send(p, m, 10000, result), "timed", result);
		lmq_message_free(m);
	}
}

static void send_recalled(struct lmq_producer *p)
{
	struct lmq_message *m = make("recalled", 0, 0);

	must(lmq_message_set_deliver_after(m, 4000), "recalled", NULL);
	must(lmq_producer_send(p, m, 10000, result), "recalled", result);
	must(lmq_producer_recall(p, topic, lmq_send_result_recall_handle(result), 10000, result), "recall", result);
	lmq_message_free(m);
}

static enum lmq_transaction local(void *user, const struct lmq_message *m, const char *message_id)
{
	(void)m;
	(void)message_id;
	return strcmp(user, "commit") == 0 ? LMQ_TRANSACTION_COMMIT : strcmp(user, "rollback") == 0 ? LMQ_TRANSACTION_ROLLBACK
												  : LMQ_TRANSACTION_UNKNOWN;
}

/*
 * A bit for each open transaction.  A broker may ask twice for one before it asks for the other, and for what another program of
 * the group left behind.
 */
static unsigned int checked;

static enum lmq_transaction check(void *user, const struct lmq_message *m)
{
	const char *kind = lmq_message_property(m, "kind"), *n = lmq_message_property(m, "n");

	(void)user;
	if (!kind || !n || strcmp(kind, "checked") != 0 || strcmp(lmq_message_topic(m), topic) != 0)
		return kind && strcmp(kind, "rollback") != 0 ? LMQ_TRANSACTION_COMMIT : LMQ_TRANSACTION_ROLLBACK;
	__atomic_or_fetch(&checked, 1u << atoi(n), __ATOMIC_RELAXED);
	return LMQ_TRANSACTION_COMMIT;
}

static void send_transactions(struct lmq_producer *p)
{
	static const char *const ways[] = { "commit", "rollback", "checked" };
	int64_t until = wall_ms() + WAIT_MS;

	must(lmq_producer_on_check(p, check, NULL), "on_check", NULL);
	for (size_t w = 0; w < 3; w++) {
		for (int i = 0; i < 2; i++) {
			struct lmq_message *m = make(ways[w], i, 0);

			must(lmq_producer_send_transaction(p, m, local, (void *)(uintptr_t)ways[w], 10000, result), ways[w], result);
			lmq_message_free(m);
		}
	}
	while (__atomic_load_n(&checked, __ATOMIC_RELAXED) != 3 && wall_ms() < until)
		pause_ms(50);
	if (__atomic_load_n(&checked, __ATOMIC_RELAXED) != 3)
		fail("the broker asked for the open transactions of mask %u, of 3", __atomic_load_n(&checked, __ATOMIC_RELAXED));
}

static void request(struct lmq_producer *p)
{
	for (int i = 0; i < kind_of("ask")->count; i++) {
		struct lmq_message *m = make("ask", i, 0), *reply = NULL;
		char want[256] = "re:";

		fill(want + 3, 100, i);
		must(lmq_producer_request(p, m, 20000, &reply, result), "request", result);
		if (reply && strcmp(lmq_message_body(reply, NULL), want) != 0)
			fail("reply %d is %.20s", i, (const char *)lmq_message_body(reply, NULL));
		lmq_message_free(reply);
		lmq_message_free(m);
	}
}

static void send_keyed(struct lmq_producer *p)
{
	int32_t queue = -1;

	for (int i = 0; i < kind_of("tagged")->count; i++) {
		struct lmq_message *m = make("tagged", i, 0);

		must(lmq_message_set_queue_key(m, "order-1"), "key", NULL);
		must(lmq_producer_send(p, m, 10000, result), "tagged", result);
		if (queue >= 0 && queue != lmq_send_result_queue_id(result))
			fail("one key in two queues");
		queue = lmq_send_result_queue_id(result);
		lmq_message_free(m);
	}
}

static void run_send(void)
{
	struct lmq_producer *p;

	client = open_client(NULL);
	result = lmq_send_result_new();
	p = open_producer("library-send", NULL);
	send_each(p, "plain");
	send_keyed(p);
	send_packed("zlib", "ZLIB");
	send_packed("lz4", "LZ4");
	send_packed("zstd", "ZSTD");
	send_batch(p);
	send_auto();
	send_oneway(p);
	send_later(p);
	if (wanted("recalled"))
		send_recalled(p);
	if (wanted("ask"))
		request(p);
	if (wanted("commit"))
		send_transactions(p);
	lmq_producer_free(p);
	lmq_send_result_free(result);
	lmq_client_free(client);
}

/* ---- receiving ---- */

static uint8_t seen[KINDS_MAX][COUNT_MAX];
static int missing;
static int64_t last_ms;
static size_t queues;
static struct lmq_producer *replier;

static void reply_to(const struct lmq_message *m, const char *body, size_t bytes)
{
	struct lmq_send_result *r = lmq_send_result_new();
	char text[256] = "re:";
	struct lmq_message *reply;

	memcpy(text + 3, body, bytes < 200 ? bytes : 200);
	reply = lmq_message_new_reply(m, text, 3 + bytes);
	if (!reply) {
		fail("a request that cannot be replied");
		return;
	}
	must(lmq_producer_send(replier, reply, 10000, r), "reply", r);
	lmq_send_result_free(r);
	lmq_message_free(reply);
}

static void check_message(const struct kind *k, int n, const struct lmq_message *m)
{
	const char *due = lmq_message_property(m, "due");
	char *want = malloc(k->bytes);
	size_t bytes;
	const char *body = lmq_message_body(m, &bytes);

	fill(want, k->bytes, n);
	if (bytes != k->bytes || memcmp(body, want, bytes) != 0)
		fail("%s %d: another body, of %zu bytes", k->name, n, bytes);
	if (due && wall_ms() < atoll(due) - 100)
		fail("%s %d: came %lld ms too early", k->name, n, (long long)(atoll(due) - wall_ms()));
	if (strcmp(k->name, "tagged") == 0) {
		const char *tag = lmq_message_tag(m), *keys = lmq_message_keys(m), *color = lmq_message_property(m, "color");

		if (!tag || strcmp(tag, "TagA") != 0 || !keys || strcmp(keys, "k1 k2") != 0 || !color || strcmp(color, "r\xc3\xb8""d") != 0)
			fail("%s %d: tag, keys or property differ", k->name, n);
	}
	if (strcmp(k->name, "ask") == 0)
		reply_to(m, body, bytes);
	free(want);
}

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	const char *name = lmq_message_property(m, "kind"), *number = lmq_message_property(m, "n");
	const struct kind *k = name ? kind_of(name) : NULL;
	int n = number ? atoi(number) : -1;

	(void)user;
	__atomic_store_n(&last_ms, wall_ms(), __ATOMIC_RELAXED);
	if (!k || n < 0 || n >= k->count) {
		fail("a message that must not come: %s %s", name ? name : "?", number ? number : "?");
		return LMQ_CONSUMED;
	}
	if (__atomic_exchange_n(&seen[k - kinds][n], 1, __ATOMIC_RELAXED)) {
		fail("%s %d came twice", name, n);
		return LMQ_CONSUMED;
	}
	check_message(k, n, m);
	__atomic_sub_fetch(&missing, 1, __ATOMIC_RELAXED);
	return LMQ_CONSUMED;
}

static void on_assign(void *user, size_t n)
{
	(void)user;
	__atomic_store_n(&queues, n, __ATOMIC_RELAXED);
}

static void run_receive(void)
{
	int64_t until = wall_ms() + 2 * (int64_t)WAIT_MS;
	struct lmq_consumer *c;

	client = open_client(NULL);
	for (size_t i = 0; i < KINDS; i++)
		missing += wanted(kinds[i].name) ? kinds[i].count : 0;
	/* a broker that has just started may not be known yet */
	while (lmq_client_create_topic(client, NULL, topic, 4, 10000, NULL, 0) < 0 && wall_ms() < until)
		pause_ms(200);
	replier = open_producer("library-reply", NULL);
	must(lmq_consumer_new(client, "library-receive", NULL, &c), "consumer", NULL);
	must(lmq_consumer_subscribe(c, topic, "*"), "subscribe", NULL);
	must(lmq_consumer_on_message(c, on_message, NULL), "on_message", NULL);
	must(lmq_consumer_on_assign(c, on_assign, NULL), "on_assign", NULL);
	must(lmq_consumer_start(c), "start", NULL);
	while (__atomic_load_n(&queues, __ATOMIC_RELAXED) == 0 && wall_ms() < until)
		pause_ms(20);
	puts("READY");
	fflush(stdout);
	while (wall_ms() < until && (__atomic_load_n(&missing, __ATOMIC_RELAXED) > 0 ||
				     wall_ms() < __atomic_load_n(&last_ms, __ATOMIC_RELAXED) + QUIET_MS))
		pause_ms(50);
	must(lmq_consumer_stop(c, 10000), "stop", NULL);
	for (size_t i = 0; i < KINDS; i++)
		for (int n = 0; n < kinds[i].count; n++)
			if (wanted(kinds[i].name) && !seen[i][n])
				fail("%s %d is missing", kinds[i].name, n);
	lmq_consumer_free(c);
	lmq_producer_free(replier);
	lmq_client_free(client);
}

/* ---- one message ---- */

static enum lmq_consumed on_one(void *user, const struct lmq_message *m)
{
	(void)m;
	__atomic_store_n((int *)user, 1, __ATOMIC_RELEASE);
	return LMQ_CONSUMED;
}

static void run_once(void)
{
	int64_t until = wall_ms() + WAIT_MS;
	struct lmq_message *m = lmq_message_new(topic, "once", 4);
	struct lmq_producer *p;
	struct lmq_consumer *c;
	int came = 0;

	client = open_client(NULL);
	result = lmq_send_result_new();
	while (lmq_client_create_topic(client, NULL, topic, 8, 10000, NULL, 0) < 0 && wall_ms() < until)
		pause_ms(200);
	p = open_producer("library-once-send", NULL);
	must(lmq_producer_send(p, m, 10000, result), "once", result);
	printf("%s\n", lmq_send_result_message_id(result));
	fflush(stdout);
	must(lmq_consumer_new(client, "library-once", NULL, &c), "consumer", NULL);
	must(lmq_consumer_subscribe(c, topic, "*"), "subscribe", NULL);
	must(lmq_consumer_on_message(c, on_one, &came), "on_message", NULL);
	must(lmq_consumer_start(c), "start", NULL);
	while (!__atomic_load_n(&came, __ATOMIC_ACQUIRE) && wall_ms() < until)
		pause_ms(20);
	if (!came)
		fail("nothing came");
	lmq_consumer_free(c);
	lmq_producer_free(p);
	lmq_send_result_free(result);
	lmq_message_free(m);
	lmq_client_free(client);
}

static void run_refused(void)
{
	struct lmq_message *m = lmq_message_new(topic, "once", 4);
	struct lmq_producer *p;
	int r;

	client = open_client(NULL);
	result = lmq_send_result_new();
	p = open_producer("library-refused", NULL);
	r = lmq_producer_send(p, m, 3000, result);
	printf("# %s: %s\n", lmq_strerror(r), lmq_send_result_detail(result));
	if (r == 0)
		fail("it was stored");
	lmq_producer_free(p);
	lmq_send_result_free(result);
	lmq_message_free(m);
	lmq_client_free(client);
}

/* ---- a member of a group ---- */

static int print_queue(void *user, const char *of, const char *broker, int32_t queue_id)
{
	(void)user;
	(void)of;
	(void)broker;
	printf(" %d", (int)queue_id);
	return 0;
}

static const char *one_room(void *user, const char *broker, const char *client_id)
{
	(void)user;
	(void)broker;
	(void)client_id;
	return "room";
}

static void run_share(const char *strategy, const char *name)
{
	const char *const settings[] = { "allocateMessageQueueStrategy", strategy, "instanceName", name, "consumeridcs", "room",
					 "rebalanceInterval", "1s", "heartbeatBrokerInterval", "2s", NULL };
	struct lmq_consumer *c;
	int done = 0;

	client = open_client(settings);
	must(lmq_consumer_new(client, "library-share", NULL, &c), "consumer", NULL);
	must(lmq_consumer_subscribe(c, topic, "*"), "subscribe", NULL);
	must(lmq_consumer_on_message(c, on_one, &done), "on_message", NULL);
	must(lmq_consumer_on_room(c, one_room, NULL), "on_room", NULL);
	for (int i = 0; i < 4; i++)
		must(lmq_consumer_add_queue(c, topic, "room@broker-a", i), "add_queue", NULL);
	must(lmq_consumer_start(c), "start", NULL);
	for (;;) {
		struct timespec ts = { 0, 200000000 };
		char byte;
		fd_set in;

		printf("queues");
		(void)lmq_consumer_each_queue(c, print_queue, NULL);
		printf("\n");
		fflush(stdout);
		FD_ZERO(&in);
		FD_SET(0, &in);
		if (pselect(1, &in, NULL, NULL, &ts, NULL) == 1 && read(0, &byte, 1) <= 0)
			break;
	}
	lmq_consumer_free(c);
	lmq_client_free(client);
}

/* ---- servers that come and go ---- */

#define STORM_THREADS 4
#define STORM_MAX 2000000
#define STORM_TIMEOUT_MS 3000
#define STORM_SLACK_MS 2000 /* of a busy machine */

static uint8_t *acked, *there; /* by number */
static int64_t next_number, acked_count, failed_count, slowest_ms;
static int storm_over;

static void *storm_send(void *arg)
{
	struct lmq_producer *p = arg;
	struct lmq_send_result *r = lmq_send_result_new();

	while (!__atomic_load_n(&storm_over, __ATOMIC_RELAXED)) {
		int64_t n = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED), begun = wall_ms(), took, most;
		struct lmq_message *m;
		char body[32];
		int err;

		if (n >= STORM_MAX)
			break;
		snprintf(body, sizeof(body), "%" PRId64, n);
		m = lmq_message_new(topic, body, strlen(body));
		err = lmq_producer_send(p, m, STORM_TIMEOUT_MS, r);
		lmq_message_free(m);
		took = wall_ms() - begun;
		most = __atomic_load_n(&slowest_ms, __ATOMIC_RELAXED);
		while (took > most && !__atomic_compare_exchange_n(&slowest_ms, &most, took, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
		acked[n] = err == 0;
		__atomic_add_fetch(err == 0 ? &acked_count : &failed_count, 1, __ATOMIC_RELAXED);
	}
	lmq_send_result_free(r);
	return NULL;
}

static enum lmq_consumed on_storm(void *user, const struct lmq_message *m)
{
	int64_t n = atoll(lmq_message_body(m, NULL));

	(void)user;
	if (n >= 0 && n < STORM_MAX)
		there[n] = 1;
	return LMQ_CONSUMED;
}

static int64_t missing_of_storm(void)
{
	int64_t n = 0;

	for (int64_t i = 0; i < next_number && i < STORM_MAX; i++)
		n += acked[i] && !there[i];
	return n;
}

static void run_storm(void)
{
	int64_t until = wall_ms() + WAIT_MS;
	pthread_t threads[STORM_THREADS];
	struct lmq_producer *p;
	struct lmq_consumer *c;
	char byte;

	acked = calloc(STORM_MAX, 1);
	there = calloc(STORM_MAX, 1);
	client = open_client(NULL);
	while (lmq_client_create_topic(client, NULL, topic, 8, 10000, NULL, 0) < 0 && wall_ms() < until)
		pause_ms(200);
	p = open_producer("library-storm", NULL);
	for (int i = 0; i < STORM_THREADS; i++)
		if (pthread_create(&threads[i], NULL, storm_send, p) != 0)
			exit(2);
	puts("READY");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	__atomic_store_n(&storm_over, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	lmq_producer_free(p);
	must(lmq_consumer_new(client, "library-storm", NULL, &c), "consumer", NULL);
	must(lmq_consumer_subscribe(c, topic, "*"), "subscribe", NULL);
	must(lmq_consumer_on_message(c, on_storm, NULL), "on_message", NULL);
	must(lmq_consumer_start(c), "start", NULL);
	until = wall_ms() + WAIT_MS;
	while (missing_of_storm() > 0 && wall_ms() < until)
		pause_ms(100);
	lmq_consumer_free(c);
	printf("# %" PRId64 " stored, %" PRId64 " reported failed, %" PRId64 " missing, the slowest send took %" PRId64 " ms\n", acked_count,
	       failed_count, missing_of_storm(), slowest_ms);
	if (missing_of_storm() > 0 || acked_count == 0)
		fail("messages that were reported stored are missing");
	if (slowest_ms > STORM_TIMEOUT_MS + STORM_SLACK_MS)
		fail("a send took longer than was promised");
	lmq_client_free(client);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: library_peer NAMESRV TOPIC send|receive [FEATURE...]\n");
		return 2;
	}
	namesrv = argv[1];
	topic = argv[2];
	skips = argv + 4;
	skip_count = argc - 4;
	if (strcmp(argv[3], "send") == 0)
		run_send();
	else if (strcmp(argv[3], "once") == 0)
		run_once();
	else if (strcmp(argv[3], "refused") == 0)
		run_refused();
	else if (strcmp(argv[3], "storm") == 0)
		run_storm();
	else if (strcmp(argv[3], "share") == 0 && argc > 5)
		run_share(argv[4], argv[5]);
	else
		run_receive();
	return failures ? 1 : 0;
}
