/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name server costs: brokers that are played register, beat, and clients look routes up.
 *
 *	bench_namesrv PORT PID TOPICS BROKERS [whole]
 *
 * TOPICS are shared out over BROKERS, 4 queues each.  whole: registrations as RocketMQ has them (for a Java name server).
 * CPU is the server's; bytes are those that the brokers sent.  A lookup's wait is mostly that for a processor on a machine that
 * others use too: chrt -f 1 make bench-namesrv shows the server's own.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hist.h"
#include "wire/codes.h"
#include "wire/command.h"
#include "wire/register.h"
#include "wire/topic_sync.h"

#define PART 1000
#define RING 8192      /* lookups prepared */
#define CONNS 8
#define WINDOW 16      /* lookups under way on each connection */
#define LOOKUP_S 4
#define BEATS 50

static uint16_t port;
static int pid;
static bool whole;
static size_t sent_bytes;

static clockid_t server_cpu;

static void die(const char *what)
{
	fprintf(stderr, "bench_namesrv: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(server_cpu, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double resident_mib(void)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (double)kib / 1024;
}

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void write_all(int fd, const uint8_t *p, size_t n)
{
	for (sent_bytes += n; n > 0;) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			die("send");
		p += k;
		n -= (size_t)k;
	}
}

/* ---- brokers ---- */

static uint8_t answer[64 << 20];

/* Send what is in @b and read the answer, which must be a success. */
static struct lmi_command ask(int fd, struct lmi_buf *b, struct lmi_arena *arena)
{
	struct lmi_command c;
	uint32_t n;

	write_all(fd, lmi_buf_data(b), lmi_buf_len(b));
	lmi_buf_reset(b, 1 << 20);
	if (recv(fd, answer, 4, MSG_WAITALL) != 4)
		die("answer");
	n = lmi_get32(answer);
	if (n > sizeof(answer) - 4 || recv(fd, answer + 4, n, MSG_WAITALL) != (ssize_t)n)
		die("answer");
	lmi_arena_reset(arena);
	if (lmi_command_decode(lmi_span(answer, n + 4), arena, &c) < 0 || c.code != LMI_RSP_SUCCESS) {
		fprintf(stderr, "refused: code %d %.*s\n", c.code, (int)c.remark.n, (const char *)c.remark.p);
		exit(1);
	}
	return c;
}

static void put_identity(struct lmi_command_out *o, int broker)
{
	char name[32], addr[32];

	snprintf(name, sizeof(name), "broker-%d", broker);
	snprintf(addr, sizeof(addr), "127.0.0.1:%d", 20000 + broker);
	lmi_command_put(o, LMI_EXT_BROKER_NAME, lmi_span_str(name));
	lmi_command_put(o, LMI_EXT_BROKER_ADDR, lmi_span_str(addr));
	lmi_command_put(o, LMI_EXT_CLUSTER_NAME, LMI_SPAN_LIT("DefaultCluster"));
	lmi_command_put(o, LMI_EXT_HA_SERVER_ADDR, lmi_span_str(addr));
	lmi_command_put_i64(o, LMI_EXT_BROKER_ID, 0);
	lmi_command_put_bool(o, LMI_EXT_ENABLE_ACTING_MASTER, false);
}

static struct lmi_topic_config topic(int i)
{
	static char name[32];
	struct lmi_topic_config c;

	snprintf(name, sizeof(name), "bench-topic-%07d", i);
	lmi_topic_config_init(&c, lmi_span_str(name));
	c.read_queues = c.write_queues = 4;
	return c;
}

struct broker {
	int fd, id, first, count;
	uint64_t digest;
	struct lmi_buf b;
	struct lmi_arena arena;
};

static bool beat(struct broker *k, bool named)
{
	struct lmi_sync_digest d = { .version = { .counter = 1 }, .topics = (uint32_t)k->count, .digest = k->digest };
	struct lmi_command_out o;
	struct lmi_command c;
	bool changed = true;

	lmi_command_begin(&o, &k->b, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_DIGEST, 1, 0);
	if (named)
		put_identity(&o, k->id);
	lmi_command_end(&o, 37);
	lmi_sync_digest_put(&k->b, &d);
	c = ask(k->fd, &k->b, &k->arena);
	lmi_command_ext_bool(&c, LMI_EXT_CHANGED, &changed);
	return changed;
}

static void send_part(struct broker *k, int from, int n)
{
	struct lmi_sync_topics s = { .version = { .counter = 1 }, .digest = k->digest, .puts = (uint32_t)n };
	struct lmi_buf body = { 0 };
	struct lmi_command_out o;

	if (from == 0) {
		s.flags |= LMI_SYNC_BEGIN;
		s.bitmap = (const uint8_t *)"\1";
	}
	if (from + n == k->count)
		s.flags |= LMI_SYNC_END;
	lmi_sync_topics_begin(&body, &s);
	for (int i = from; i < from + n; i++) {
		struct lmi_topic_config c = topic(k->first + i);

		lmi_sync_put_topic(&body, &c);
	}
	lmi_command_begin(&o, &k->b, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_TOPICS, 1, 0);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(&k->b, lmi_buf_span(&body));
	lmi_buf_done(&body);
	ask(k->fd, &k->b, &k->arena);
}

/* RocketMQ's registration, which is its heartbeat too. */
static void send_whole(struct broker *k)
{
	static struct lmi_topic_config *topics;
	static char (*names)[32];
	struct lmi_register r = { .version = { .counter = 1 }, .topic_count = (size_t)k->count };
	struct lmi_buf body = { 0 };
	struct lmi_command_out o;

	topics = realloc(topics, (size_t)k->count * sizeof(*topics));
	names = realloc(names, (size_t)k->count * sizeof(*names));
	for (int i = 0; i < k->count; i++) {
		topics[i] = topic(k->first + i);
		memcpy(names[i], topics[i].name.p, topics[i].name.n);
		topics[i].name.p = (const uint8_t *)names[i];
	}
	r.topics = topics;
	lmi_register_put(&body, &r);
	lmi_command_begin(&o, &k->b, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_BROKER, 1, 0);
	put_identity(&o, k->id);
	lmi_command_put_i64(&o, LMI_EXT_BODY_CRC32, lmi_crc32(0, lmi_buf_data(&body), lmi_buf_len(&body)) & 0x7FFFFFFF);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(&k->b, lmi_buf_span(&body));
	lmi_buf_done(&body);
	ask(k->fd, &k->b, &k->arena);
}

static void register_one(struct broker *k)
{
	if (whole) {
		send_whole(k);
		return;
	}
	k->digest = 0;
	for (int i = 0; i < k->count; i++) {
		struct lmi_topic_config c = topic(k->first + i);

		k->digest += lmi_topic_digest(&c);
	}
	if (!beat(k, true))
		return;
	for (int i = 0; i < k->count; i += PART)
		send_part(k, i, k->count - i < PART ? k->count - i : PART);
	if (beat(k, false)) {
		fprintf(stderr, "the outcome differs\n");
		exit(1);
	}
}

/* One more queue for a broker's first topic: what travels is the change, onto the state that it was made for. */
static void change_one(struct broker *k)
{
	struct lmi_sync_topics s = { .flags = LMI_SYNC_DELTA, .version = { .counter = 2 }, .base = k->digest, .puts = 1 };
	struct lmi_topic_config c = topic(k->first);
	struct lmi_buf body = { 0 };
	struct lmi_command_out o;

	k->digest -= lmi_topic_digest(&c);
	c.read_queues = c.write_queues = 5;
	k->digest += lmi_topic_digest(&c);
	s.digest = k->digest;
	lmi_sync_topics_begin(&body, &s);
	lmi_sync_put_topic(&body, &c);
	lmi_command_begin(&o, &k->b, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_TOPICS, 1, 0);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(&k->b, lmi_buf_span(&body));
	lmi_buf_done(&body);
	ask(k->fd, &k->b, &k->arena);
	if (beat(k, false)) {
		fprintf(stderr, "the outcome of a change differs\n");
		exit(1);
	}
}

static void open_broker(struct broker *k, int id, int first, int count)
{
	*k = (struct broker){ .fd = dial(), .id = id, .first = first, .count = count };
	lmi_arena_init(&k->arena, 0);
}

/* ---- lookups ---- */

static struct {
	uint8_t *p;
	size_t n;
} ring[RING];

static void prepare(int topics)
{
	struct lmi_buf b = { 0 };

	srandom(7);
	for (int i = 0; i < RING; i++) {
		struct lmi_topic_config c = topic((int)(random() % topics));
		struct lmi_command_out o;

		lmi_buf_reset(&b, 0);
		lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, i, 0);
		lmi_command_put(&o, LMI_EXT_TOPIC, c.name);
		lmi_command_end(&o, 0);
		ring[i].n = lmi_buf_len(&b);
		ring[i].p = malloc(ring[i].n);
		memcpy(ring[i].p, lmi_buf_data(&b), ring[i].n);
	}
	lmi_buf_done(&b);
}

struct client {
	int fd, at, left;     /* left: answers of the window to come */
	double since;
	uint8_t buf[1 << 16];
	size_t n;
};

static void ask_window(struct client *c)
{
	static uint8_t out[WINDOW * 512];
	size_t n = 0;

	for (int i = 0; i < WINDOW; i++, c->at = (c->at + 1) % RING) {
		memcpy(out + n, ring[c->at].p, ring[c->at].n);
		n += ring[c->at].n;
	}
	c->left = WINDOW;
	c->since = now_s();
	write_all(c->fd, out, n);
}

/* Frames cut off; how many. */
static int take_answers(struct client *c)
{
	ssize_t k = recv(c->fd, c->buf + c->n, sizeof(c->buf) - c->n, 0);
	size_t at = 0;
	int got = 0;

	if (k <= 0)
		die("lookup");
	c->n += (size_t)k;
	while (c->n - at >= 4 && c->n - at >= 4 + lmi_get32(c->buf + at)) {
		at += 4 + lmi_get32(c->buf + at);
		got++;
	}
	memmove(c->buf, c->buf + at, c->n - at);
	c->n -= at;
	return got;
}

struct waits {
	struct lmi_hist ns;
	uint64_t lookups;
};

static void take_window(struct client *c, struct waits *w)
{
	int got = take_answers(c);

	w->lookups += (uint64_t)got;
	c->left -= got;
	if (c->left > 0)
		return;
	lmi_hist_record(&w->ns, (int64_t)((now_s() - c->since) * 1e9));
	ask_window(c);
}

static void print_waits(const char *title, const struct waits *w, double s, double cpu)
{
	double n = (double)w->lookups;

	printf("%s: %.0f lookups/s, %.2f us CPU each (%.0f/s a core), window of %d: p50 %.0f us, p99 %.0f us, p99.9 %.0f us, most %.0f us\n",
	       title, n / s, cpu * 1e3 / n, n / cpu * 1e3, WINDOW, (double)lmi_hist_percentile(&w->ns, 50) / 1e3,
	       (double)lmi_hist_percentile(&w->ns, 99) / 1e3, (double)lmi_hist_percentile(&w->ns, 99.9) / 1e3,
	       (double)lmi_hist_percentile(&w->ns, 100) / 1e3);
	fflush(stdout);
}

static void look_up(const char *title)
{
	static struct client c[CONNS];
	static struct waits w;
	struct pollfd p[CONNS];
	double cpu = cpu_ms(), t0 = now_s();

	lmi_hist_reset(&w.ns);
	w.lookups = 0;
	for (int i = 0; i < CONNS; i++) {
		c[i].fd = dial();
		c[i].at = i * RING / CONNS;
		c[i].n = 0;
		p[i] = (struct pollfd){ c[i].fd, POLLIN, 0 };
		ask_window(&c[i]);
	}
	while (now_s() - t0 < LOOKUP_S) {
		poll(p, CONNS, -1);
		for (int i = 0; i < CONNS; i++)
			if (p[i].revents)
				take_window(&c[i], &w);
	}
	print_waits(title, &w, now_s() - t0, cpu_ms() - cpu);
	for (int i = 0; i < CONNS; i++)
		close(c[i].fd);
}

/* A broker that registers its topics, goes and comes, until it is killed. */
static pid_t registering(int brokers, int topics, int each)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	for (int round = 0;; round++) {
		struct broker k;

		open_broker(&k, brokers + 1 + round % 2, topics + round * 1000, each);
		register_one(&k);
		close(k.fd);
	}
}

static void look_up_beside(const char *title, int brokers, int topics, int each)
{
	pid_t child = registering(brokers, topics, each);

	look_up(title);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	int topics, brokers, each;
	struct broker *k;
	double t, slowest = 0, cpu;
	size_t bytes;

	if (argc < 5)
		return 2;
	port = (uint16_t)atoi(argv[1]);
	pid = atoi(argv[2]);
	if (clock_getcpuclockid(pid, &server_cpu) != 0)
		die("the server's CPU clock");
	topics = atoi(argv[3]);
	brokers = atoi(argv[4]);
	whole = argc > 5;
	each = topics / brokers;
	k = calloc((size_t)brokers, sizeof(*k));
	printf("resident before: %.1f MiB\n", resident_mib());
	cpu = cpu_ms();
	for (int i = 0; i < brokers; i++) {
		open_broker(&k[i], i, i * each, each);
		t = now_s();
		register_one(&k[i]);
		t = now_s() - t;
		slowest = t > slowest ? t : slowest;
	}
	printf("first registration of %d topics: %.3f s at most, %.1f ms CPU each, %zu bytes\n", each, slowest, (cpu_ms() - cpu) / brokers,
	       sent_bytes / (size_t)brokers);
	printf("resident with %d topics of %d brokers: %.1f MiB\n", topics, brokers, resident_mib());
	bytes = sent_bytes;
	cpu = cpu_ms();
	for (int b = 0; b < (whole ? 5 : BEATS); b++)
		for (int i = 0; i < brokers; i++)
			if (whole)
				send_whole(&k[i]);
			else
				beat(&k[i], false);
	printf("heartbeat round of %d brokers, unchanged: %.3f ms CPU, %zu bytes\n", brokers, (cpu_ms() - cpu) / (whole ? 5 : BEATS),
	       (sent_bytes - bytes) / (size_t)(whole ? 5 : BEATS));
	if (!whole) {
		bytes = sent_bytes;
		change_one(&k[0]);
		printf("one topic of %d changed, with the heartbeat after it: %zu bytes\n", topics, sent_bytes - bytes);
	}
	prepare(topics);
	look_up("lookups");
	if (!whole) {
		look_up_beside("lookups while a broker registers 100000 topics again and again", brokers, topics, 100000);
		whole = true;
		look_up_beside("lookups while a broker registers 80000 topics again and again, as RocketMQ does", brokers, topics, 80000);
	}
	printf("resident at the end: %.1f MiB\n", resident_mib());
	return 0;
}
