/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload of the fault campaigns, against any broker that speaks RocketMQ's protocol on 127.0.0.1:
 *   w1 produce PORT TOPIC QUEUES LOG CLIENTS FIRST MS [BYTES]   each client sends numbers from FIRST on for MS milliseconds, one
 *                                                 at a time, over a connection that is made anew when it breaks
 *   w1 count PORT TOPIC QUEUES LOG FIRST N [BYTES]   one client sends N numbers; prints "ok N fail N unknown N"
 *   w1 read PORT TOPIC QUEUES LOG                 everything from offset 0, as one round
 *   w1 check [-g] LOG...                          the rules of history.h over all lines; -g: damage was reported
 * With W1_V6 in the environment by ::1.  LOG is appended to, a line after each answer.  The lines are those of tests/support/history.c.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/history.h"
#include "wire/codes.h"
#include "wire/command.h"
#include "wire/record.h"

#define ANSWER_S 20
#define BODY_MAX 65536
#define FRAME_MAX (4u << 20)

struct link {
	int port, fd;
	int32_t opaque;
	struct lmi_arena arena;
	uint8_t *frame;
};

static FILE *out;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_ulong counts[3]; /* by enum history_result */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- frames ---- */

static void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static bool link_open(struct link *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)l->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = a.sin_port, .sin6_addr = in6addr_loopback };
	bool v6 = getenv("W1_V6") != NULL;
	struct timeval tv = { .tv_sec = ANSWER_S };
	if (l->fd >= 0)
		return true;
	l->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 && connect(l->fd, v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a, v6 ? sizeof(a6) : sizeof(a)) == 0 &&
	    setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0)
		return true;
	link_close(l);
	return false;
}

static bool read_all(int fd, uint8_t *p, size_t n)
{
	for (ssize_t k; n; p += k, n -= (size_t)k) {
		k = recv(fd, p, n, 0);
		if (k <= 0)
			return false;
	}
	return true;
}

/** One frame out and its answer in; the link is closed when that fails. */
static bool ask(struct link *l, struct lmi_buf *b, struct lmi_command *c)
{
	bool ok = link_open(l);
	for (size_t at = 0; ok && at < lmi_buf_len(b);) {
		ssize_t k = send(l->fd, lmi_buf_data(b) + at, lmi_buf_len(b) - at, MSG_NOSIGNAL);
		ok = k > 0;
		at += ok ? (size_t)k : 0;
	}
	while (ok) {
		ok = read_all(l->fd, l->frame, 4);
		uint32_t n = ok ? lmi_get32(l->frame) : 0;
		ok = ok && n <= FRAME_MAX - 4 && read_all(l->fd, l->frame + 4, n);
		lmi_arena_reset(&l->arena);
		ok = ok && lmi_command_decode(lmi_span(l->frame, n + 4), &l->arena, c) == 0;
		if (ok && (c->flag & LMI_FLAG_RESPONSE) && c->opaque == l->opaque)
			return true;
	}
	link_close(l);
	return false;
}

static void link_init(struct link *l, int port)
{
	*l = (struct link){ .port = port, .fd = -1, .frame = malloc(FRAME_MAX) };
	lmi_arena_init(&l->arena, 0);
}

static void put(struct lmi_command_out *o, const char *name, const char *value)
{
	lmi_command_put_name(o, lmi_span_str(name), lmi_span_str(value));
}

static void put_number(struct lmi_command_out *o, const char *name, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRId64, value);
	put(o, name, text);
}

/* ---- messages ---- */

/** The body says whose it is; what follows is made from that, so that a reader can tell a torn one. */
static size_t make_body(char *body, uint32_t client, uint64_t number, size_t bytes)
{
	int head = snprintf(body, BODY_MAX, "w1 %u %" PRIu64 " %zu ", client, number, bytes);
	size_t n = bytes > (size_t)head ? bytes : (size_t)head;
	uint64_t x = number * 0x9E3779B97F4A7C15u + client;
	for (size_t i = (size_t)head; i < n; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		body[i] = (char)('a' + (x >> 33) % 26);
	}
	return n;
}

static bool parse_body(struct lmi_span body, struct history_read *r)
{
	static char text[BODY_MAX], again[BODY_MAX];
	size_t bytes;
	if (body.n >= BODY_MAX)
		return false;
	memcpy(text, body.p, body.n);
	text[body.n] = '\0';
	if (sscanf(text, "w1 %u %" SCNu64 " %zu ", &r->client, &r->number, &bytes) != 3 || bytes >= BODY_MAX)
		return false;
	size_t n = make_body(again, r->client, r->number, bytes);
	return n == body.n && memcmp(again, body.p, n) == 0;
}

static void log_send(const struct history_send *s)
{
	static const char *const names[] = { "ok", "fail", "unknown" };
	pthread_mutex_lock(&out_lock);
	fprintf(out, "send %u %" PRIu64 " %u %s %" PRId64 "\n", s->client, s->number, s->queue, names[s->result], s->offset);
	fflush(out);
	pthread_mutex_unlock(&out_lock);
	atomic_fetch_add(&counts[s->result], 1);
}

static enum history_result result_of(int32_t code)
{
	if (code == LMI_RSP_SUCCESS)
		return HISTORY_OK;
	return code == LMI_RSP_FLUSH_DISK_TIMEOUT || code == LMI_RSP_FLUSH_SLAVE_TIMEOUT ? HISTORY_UNKNOWN : HISTORY_FAIL;
}

struct producer {
	pthread_t thread;
	struct link link;
	const char *topic;
	uint32_t client, queues;
	uint64_t number, count; /* count 0: until the time is over */
	size_t bytes;
	int64_t until_ms;
	int32_t last_code;
	char remark[256];
};

static void send_one(struct producer *p)
{
	static _Thread_local char body[BODY_MAX];
	struct history_send s = { .client = p->client, .number = p->number++, .result = HISTORY_UNKNOWN };
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command c;
	s.queue = (uint32_t)(s.number % p->queues);
	size_t n = make_body(body, s.client, s.number, p->bytes);
	if (!link_open(&p->link)) {
		usleep(2000); /* the broker is down: nothing was sent */
		return;
	}
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_SEND_MESSAGE_V2, ++p->link.opaque, 0);
	put(&o, "a", "w1");
	put(&o, "b", p->topic);
	put(&o, "c", "TBW102");
	put_number(&o, "d", p->queues);
	put_number(&o, "e", s.queue);
	put(&o, "f", "0");
	put(&o, "g", "1700000000000");
	put(&o, "h", "0");
	put(&o, "i", "TAGS\001w1\002");
	lmi_command_end(&o, n);
	lmi_buf_put(&b, body, n);
	if (ask(&p->link, &b, &c)) {
		s.result = result_of(c.code);
		p->last_code = c.code;
		snprintf(p->remark, sizeof(p->remark), "%.*s", (int)c.remark.n, (const char *)c.remark.p);
		if (s.result == HISTORY_OK && lmi_command_ext_i64(&c, LMI_EXT_QUEUE_OFFSET, &s.offset) != 0)
			s.result = HISTORY_UNKNOWN;
	}
	log_send(&s);
	lmi_buf_done(&b);
	if (s.result == HISTORY_FAIL)
		usleep(1000);
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	for (uint64_t sent = 0; p->count ? sent < p->count : now_ms() < p->until_ms; sent++)
		send_one(p);
	return NULL;
}

static int produce_all(char **a, int n)
{
	int clients = atoi(a[4]);
	struct producer *p = calloc((size_t)clients, sizeof(*p));
	int64_t until = now_ms() + atoll(a[6]);
	for (int i = 0; i < clients; i++) {
		p[i] = (struct producer){ .topic = a[1], .client = (uint32_t)i, .queues = (uint32_t)atoi(a[2]), .until_ms = until,
					  .number = strtoull(a[5], NULL, 10), .bytes = n > 7 ? (size_t)atoi(a[7]) : 200 };
		link_init(&p[i].link, atoi(a[0]));
		pthread_create(&p[i].thread, NULL, produce, &p[i]);
	}
	for (int i = 0; i < clients; i++)
		pthread_join(p[i].thread, NULL);
	printf("ok %lu fail %lu unknown %lu\n", atomic_load(&counts[0]), atomic_load(&counts[1]), atomic_load(&counts[2]));
	return 0;
}

static int count_all(char **a, int n)
{
	struct producer p = { .topic = a[1], .client = 0, .queues = (uint32_t)atoi(a[2]), .number = strtoull(a[4], NULL, 10),
			      .count = strtoull(a[5], NULL, 10), .bytes = n > 6 ? (size_t)atoi(a[6]) : 200 };
	link_init(&p.link, atoi(a[0]));
	produce(&p);
	printf("ok %lu fail %lu unknown %lu code %d %s\n", atomic_load(&counts[0]), atomic_load(&counts[1]),
	       atomic_load(&counts[2]), p.last_code, p.remark);
	return 0;
}

/* ---- reading ---- */

static bool max_offset(struct link *l, const char *topic, int queue, int64_t *max)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command c;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_GET_MAX_OFFSET, ++l->opaque, 0);
	put(&o, "topic", topic);
	put_number(&o, "queueId", queue);
	lmi_command_end(&o, 0);
	bool ok = ask(l, &b, &c) && c.code == LMI_RSP_SUCCESS && lmi_command_ext_i64(&c, LMI_EXT_OFFSET, max) == 0;
	lmi_buf_done(&b);
	return ok;
}

static bool pull(struct link *l, const char *topic, int queue, int64_t at, struct lmi_command *c)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_PULL_MESSAGE, ++l->opaque, 0);
	put(&o, "consumerGroup", "w1_reader");
	put(&o, "topic", topic);
	put_number(&o, "queueId", queue);
	put_number(&o, "queueOffset", at);
	put(&o, "maxMsgNums", "32");
	put(&o, "sysFlag", "4"); /* the subscription is in the request */
	put(&o, "commitOffset", "0");
	put(&o, "suspendTimeoutMillis", "0");
	put(&o, "subscription", "*");
	put(&o, "subVersion", "0");
	put(&o, "expressionType", "TAG");
	lmi_command_end(&o, 0);
	bool ok = ask(l, &b, c);
	lmi_buf_done(&b);
	return ok;
}

/** The records of an answer; false when they cannot be cut. */
static bool log_records(struct lmi_span body, uint32_t queue)
{
	while (body.n) {
		struct lmi_record rec;
		if (lmi_record_decode(body, &rec) != 0)
			return false;
		struct history_read r = { .queue = queue, .offset = rec.queue_pos };
		r.intact = parse_body(rec.body, &r) && (uint32_t)rec.queue_id == queue;
		fprintf(out, "read %u %" PRId64 " %u %" PRIu64 " %s\n", r.queue, r.offset, r.client, r.number,
			r.intact ? "intact" : "torn");
		body = lmi_span(body.p + rec.total, body.n - rec.total);
	}
	return true;
}

static bool read_queue(struct link *l, const char *topic, int queue)
{
	int64_t max = 0, next;
	struct lmi_command c;
	if (!max_offset(l, topic, queue, &max))
		return false;
	for (int64_t at = 0; at < max; at = next) {
		if (!pull(l, topic, queue, at, &c) || lmi_command_ext_i64(&c, LMI_EXT_NEXT_BEGIN_OFFSET, &next) != 0) {
			fprintf(stderr, "queue %d at %" PRId64 ": no answer, or code %d: %.*s\n", queue, at, c.code, (int)c.remark.n,
				(const char *)c.remark.p);
			return false;
		}
		if (c.code == LMI_RSP_SUCCESS && !log_records(c.body, (uint32_t)queue))
			return false;
		if (next <= at) {
			fprintf(stderr, "queue %d at %" PRId64 " of %" PRId64 " leads nowhere: code %d\n", queue, at, max, c.code);
			return false;
		}
	}
	return true;
}

static int read_all_queues(char **a)
{
	struct link l;
	bool ok = true;
	link_init(&l, atoi(a[0]));
	fprintf(out, "round\n");
	for (int q = 0; q < atoi(a[2]); q++)
		ok = read_queue(&l, a[1], q) && ok;
	fflush(out);
	return ok ? 0 : 1;
}

/* ---- checking ---- */

static int check(char **a, int n)
{
	struct history h = { 0 };
	struct history_verdict v;
	for (int i = 0; i < n; i++) {
		char line[256];
		FILE *f = strcmp(a[i], "-g") == 0 ? NULL : fopen(a[i], "r");
		h.gaps = h.gaps || strcmp(a[i], "-g") == 0;
		while (f && fgets(line, sizeof(line), f))
			if (!history_line(&h, line)) {
				fprintf(stderr, "%s: not a line: %s", a[i], line);
				return 2;
			}
		if (f)
			fclose(f);
	}
	history_check(&h, &v);
	printf("sends %zu acknowledged %zu rounds %zu reads %zu breaches %zu", v.sends, v.acknowledged, v.rounds, v.reads, v.total);
	for (int r = 1; r < HISTORY_RULES; r++)
		if (v.breaches[r])
			printf(" R%d:%zu", r, v.breaches[r]);
	printf("%s%s\n", v.total ? " first " : "", v.total ? v.first : "");
	history_done(&h);
	return v.total != 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "check") == 0 && argc > 2)
		return check(argv + 2, argc - 2);
	out = argc > 5 ? fopen(argv[5], "a") : NULL;
	if (out && strcmp(what, "produce") == 0 && argc > 8) {
		char *a[8] = { argv[2], argv[3], argv[4], argv[5], argv[6], argv[7], argv[8], argc > 9 ? argv[9] : NULL };
		return produce_all(a, argc > 9 ? 8 : 7);
	}
	if (out && strcmp(what, "count") == 0 && argc > 7) {
		char *a[7] = { argv[2], argv[3], argv[4], argv[5], argv[6], argv[7], argc > 8 ? argv[8] : NULL };
		return count_all(a, argc > 8 ? 7 : 6);
	}
	if (out && strcmp(what, "read") == 0)
		return read_all_queues(argv + 2);
	fprintf(stderr, "usage: w1 produce|count|read|check ..., see the top of tests/faults/w1.c\n");
	return 2;
}
