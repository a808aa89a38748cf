/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lightmq-demo: sends messages with the C client while a push consumer receives them, shows the progress, and checks that
 * each arrives exactly once.  Uses the public headers only.
 *
 * Exit status: 0 each arrived exactly once; 1 something was lost, came twice or could not be sent; 2 usage;
 * 3 no server could be reached in time.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lightmq/lightmq.h>

#define BODY_MIN 64
#define BODY_MAX (4 << 20)
#define COUNT_MAX 100000000
#define QUEUES "4"
#define WINDOW "256"        /* messages under way at once: a Java broker that is cold refuses more than it stores in 200 ms */
#define RETRIES "8"         /* so that a busy broker slows the demo down instead of ending it */
#define TRY_AGAIN_MS 200
#define SHOW_MS 100
#define LATE_MS 300         /* how long duplicates are waited for when all have come */

enum { EXIT_LOST = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

struct demo {
	/* what is asked for */
	const char *namesrv, *topic, *group;
	uint64_t count, size;
	int64_t timeout_ms;

	char run[32];           /* names this run in every body */
	struct lmq_client *client;
	struct lmq_producer *producer;
	struct lmq_consumer *consumer;
	uint8_t *seen;          /* per message, atomic: 0, 1, or 2 for more than once */
	bool tty;

	/* atomic */
	uint64_t stored, failed, received, twice, foreign, queues;
	uint32_t complained;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static uint64_t get(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static void add(uint64_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lightmq-demo: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ---- receiving ---- */

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	struct demo *d = user;
	const char *body = lmq_message_body(m, NULL), *at;
	size_t run_chars = strlen(d->run);
	uint64_t n;

	if (strncmp(body, d->run, run_chars) != 0 || body[run_chars] != ' ') {
		add(&d->foreign);
		return LMQ_CONSUMED;
	}
	at = body + run_chars + 1;
	n = strtoull(at, NULL, 10);
	if (n >= d->count) {
		add(&d->foreign);
		return LMQ_CONSUMED;
	}
	if (__atomic_exchange_n(&d->seen[n], 1, __ATOMIC_RELAXED) == 0)
		add(&d->received);
	else
		add(&d->twice);
	return LMQ_CONSUMED;
}

static void on_assign(void *user, size_t queues)
{
	struct demo *d = user;

	__atomic_store_n(&d->queues, queues, __ATOMIC_RELAXED);
}

/* ---- sending ---- */

static void on_sent(void *user, const struct lmq_send_result *r)
{
	struct demo *d = user;

	if (lmq_send_result_error(r) == 0) {
		add(&d->stored);
		return;
	}
	add(&d->failed);
	if (__atomic_exchange_n(&d->complained, 1, __ATOMIC_RELAXED) == 0)
		complain("a message was not taken: %s", lmq_send_result_detail(r));
}

static int send_one(struct demo *d, struct lmq_message *m, char *body, uint64_t n)
{
	int head = snprintf(body, d->size + 1, "%s %" PRIu64 " ", d->run, n);
	int r;

	memset(body + head, '.', d->size - (size_t)head);
	r = lmq_message_set_body(m, body, d->size);
	return r < 0 ? r : lmq_producer_send_async(d->producer, m, on_sent, d);
}

/* ---- showing ---- */

static void show(const struct demo *d, int64_t begin_ms, bool last)
{
	int64_t took_ms = now_ms() - begin_ms;
	uint64_t received = get(&d->received);

	printf("%ssent %" PRIu64 "  received %" PRIu64 " of %" PRIu64 "  (%" PRIu64 " messages/s)%s", d->tty ? "\r" : "",
	       get(&d->stored), received, d->count, received * 1000 / (uint64_t)(took_ms > 0 ? took_ms : 1),
	       d->tty && !last ? "   " : "\n");
	fflush(stdout);
}

/* On a terminal as time goes by, elsewhere with each tenth. */
static void show_progress(const struct demo *d, int64_t begin_ms, uint64_t *tenth)
{
	uint64_t now_tenth = get(&d->received) * 10 / d->count;

	if (get(&d->received) >= d->count || (!d->tty && now_tenth == *tenth))
		return;
	*tenth = now_tenth;
	show(d, begin_ms, false);
}

/* ---- the run ---- */

static bool unreachable(int err)
{
	switch (err) {
	case -LMQ_EBADCONFIG:
	case -LMQ_EILLEGAL:
	case -LMQ_EREMOTE:
	case -ENOMEM:
		return false;
	default:
		return true;
	}
}

/* The servers may be starting still: try until the time is over. */
static int make_topic(struct demo *d)
{
	int64_t end_ms = now_ms() + d->timeout_ms, left_ms;
	char why[256];
	int r;

	for (;;) {
		left_ms = end_ms - now_ms();
		r = lmq_client_create_topic(d->client, NULL, d->topic, atoi(QUEUES), left_ms < 3000 ? left_ms + 1 : 3000, why,
					    sizeof(why));
		if (r == 0 || !unreachable(r) || left_ms < TRY_AGAIN_MS)
			break;
		pause_ms(TRY_AGAIN_MS);
	}
	if (r == 0)
		return 0;
	complain("topic %s by name server %s: %s", d->topic, d->namesrv, why);
	return unreachable(r) ? EXIT_UNREACHABLE : EXIT_LOST;
}

static int open_client(struct demo *d)
{
	static const char *const settings[][2] = {
		{ "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET" }, { "sendQueueMaxMessages", WINDOW },
		{ "sendQueueFullWait", "30s" },                      { "sendMsgTimeout", "30s" },
		{ "retryTimesWhenSendFailed", RETRIES },
	};
	struct lmq_config *cfg = lmq_config_new();
	char why[256] = "out of memory";
	int r = -ENOMEM;

	if (cfg)
		r = lmq_config_set(cfg, "namesrvAddr", d->namesrv, why, sizeof(why));
	for (size_t i = 0; r == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
		r = lmq_config_set(cfg, settings[i][0], settings[i][1], why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(cfg, &d->client, why, sizeof(why));
	lmq_config_free(cfg);
	if (r == 0)
		return 0;
	complain("%s", why);
	return r == -LMQ_EBADCONFIG ? EXIT_USAGE : EXIT_LOST;
}

static int open_consumer(struct demo *d)
{
	int64_t end_ms = now_ms() + d->timeout_ms;
	int r = lmq_consumer_new(d->client, d->group, NULL, &d->consumer);

	if (r == 0)
		r = lmq_consumer_subscribe(d->consumer, d->topic, "*");
	if (r == 0)
		r = lmq_consumer_on_message(d->consumer, on_message, d);
	if (r == 0)
		r = lmq_consumer_on_assign(d->consumer, on_assign, d);
	if (r == 0)
		r = lmq_consumer_start(d->consumer);
	if (r < 0) {
		complain("consumer of group %s: %s", d->group, lmq_strerror(r));
		return EXIT_LOST;
	}
	while (get(&d->queues) == 0 && now_ms() < end_ms)
		pause_ms(1);
	if (get(&d->queues) > 0)
		return 0;
	complain("group %s was given no queue of topic %s within %" PRId64 " ms", d->group, d->topic, d->timeout_ms);
	return EXIT_UNREACHABLE;
}

static int send_all(struct demo *d, int64_t begin_ms, uint64_t *tenth)
{
	struct lmq_message *m = lmq_message_new(d->topic, "", 0);
	char *body = malloc(d->size + 1);
	int64_t shown_ms = begin_ms;
	int r = m && body ? lmq_message_set_tag(m, "demo") : -ENOMEM;

	for (uint64_t n = 0; n < d->count && r == 0 && get(&d->failed) == 0; n++) {
		r = send_one(d, m, body, n);
		if (now_ms() - shown_ms < SHOW_MS)
			continue;
		shown_ms = now_ms();
		show_progress(d, begin_ms, tenth);
	}
	if (r < 0)
		complain("sending: %s", lmq_strerror(r));
	free(body);
	lmq_message_free(m);
	return r < 0 || get(&d->failed) > 0 ? EXIT_LOST : 0;
}

/* Until all have come, or none has for as long as the timeout says. */
static void wait_all(const struct demo *d, int64_t begin_ms, uint64_t *tenth)
{
	uint64_t before = get(&d->received);
	int64_t moved_ms = now_ms(), shown_ms = moved_ms;

	while (get(&d->received) < d->count && now_ms() - moved_ms < d->timeout_ms) {
		pause_ms(1);
		if (get(&d->received) != before) {
			before = get(&d->received);
			moved_ms = now_ms();
		}
		if (now_ms() - shown_ms < SHOW_MS)
			continue;
		shown_ms = now_ms();
		show_progress(d, begin_ms, tenth);
	}
}

static int judge(const struct demo *d)
{
	uint64_t missing = d->count - get(&d->received);

	if (get(&d->foreign) > 0)
		printf("%" PRIu64 " messages of other runs were passed over\n", get(&d->foreign));
	if (missing == 0 && get(&d->twice) == 0 && get(&d->failed) == 0) {
		printf("each of %" PRIu64 " messages of %" PRIu64 " bytes arrived exactly once\n", d->count, d->size);
		return 0;
	}
	complain("%" PRIu64 " messages missing, %" PRIu64 " deliveries too many, %" PRIu64 " sends failed", missing,
		 get(&d->twice), get(&d->failed));
	return EXIT_LOST;
}

static int exchange(struct demo *d)
{
	int64_t begin_ms = now_ms();
	uint64_t tenth = 0;
	int r = lmq_producer_new(d->client, d->group, NULL, &d->producer);

	if (r < 0) {
		complain("producer: %s", lmq_strerror(r));
		return EXIT_LOST;
	}
	printf("sending %" PRIu64 " messages of %" PRIu64 " bytes to topic %s by name server %s\n", d->count, d->size, d->topic,
	       d->namesrv);
	r = send_all(d, begin_ms, &tenth);
	if (lmq_producer_flush(d->producer, d->timeout_ms) < 0)
		r = EXIT_LOST;
	if (r == 0 && get(&d->failed) == 0)
		wait_all(d, begin_ms, &tenth);
	show(d, begin_ms, true);
	pause_ms(LATE_MS);
	if (lmq_consumer_stop(d->consumer, d->timeout_ms) < 0)
		complain("the server did not confirm the consumer's end");
	return judge(d);
}

static int run(struct demo *d)
{
	int status;

	d->tty = isatty(STDOUT_FILENO);
	d->seen = calloc(d->count, 1);
	if (!d->seen) {
		complain("no memory for %" PRIu64 " messages", d->count);
		return EXIT_LOST;
	}
	snprintf(d->run, sizeof(d->run), "demo-%ld-%" PRId64, (long)getpid(), (int64_t)time(NULL));
	status = open_client(d);
	if (status == 0)
		status = make_topic(d);
	if (status == 0)
		status = open_consumer(d);
	if (status == 0)
		status = exchange(d);
	lmq_producer_free(d->producer);
	lmq_consumer_free(d->consumer);
	lmq_client_free(d->client);
	free(d->seen);
	return status;
}

/* ---- the command line ---- */

static void usage(FILE *to)
{
	fputs("Usage: lightmq-demo [--namesrv HOST:PORT] [--count N] [--topic NAME] [--group NAME] [--size BYTES] [--timeout SECONDS]\n"
	      "Send N messages while receiving them; exit 0 only if each arrived exactly once.\n"
	      "Defaults: --namesrv 127.0.0.1:9876 --count 10000 --topic lightmq-demo --group lightmq-demo --size 128 --timeout 30\n",
	      to);
}

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && *out >= min && *out <= max;
}

static int parse(struct demo *d, int argc, char **argv)
{
	static const struct option options[] = {
		{ "namesrv", required_argument, NULL, 'n' }, { "count", required_argument, NULL, 'c' },
		{ "topic", required_argument, NULL, 't' },   { "group", required_argument, NULL, 'g' },
		{ "size", required_argument, NULL, 's' },    { "timeout", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
	};
	uint64_t seconds = 30;
	bool good = true;
	int opt;

	while (good && (opt = getopt_long(argc, argv, "n:c:t:g:s:w:h", options, NULL)) != -1) {
		switch (opt) {
		case 'n': d->namesrv = optarg; break;
		case 't': d->topic = optarg; break;
		case 'g': d->group = optarg; break;
		case 'c': good = number(optarg, 1, COUNT_MAX, &d->count); break;
		case 's': good = number(optarg, BODY_MIN, BODY_MAX, &d->size); break;
		case 'w': good = number(optarg, 1, 3600, &seconds); break;
		case 'h': usage(stdout); exit(0);
		default: return EXIT_USAGE;
		}
	}
	d->timeout_ms = (int64_t)seconds * 1000;
	if (good && optind == argc)
		return 0;
	if (!good)
		complain("\"%s\" is out of range", optarg);
	usage(stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct demo d = { .namesrv = "127.0.0.1:9876", .topic = "lightmq-demo", .group = "lightmq-demo", .count = 10000,
			  .size = 128 };
	int status = parse(&d, argc, argv);

	return status ? status : run(&d);
}
