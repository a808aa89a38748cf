/* SPDX-License-Identifier: Apache-2.0 */
/*
 * senders PORT CONNECTIONS TOPIC FOLDER: many connections send to a broker on 127.0.0.1 that is restarted meanwhile.
 *
 * Each connection has one message of its own under way, waits PAUSE_MS after the answer, and connects again when it was
 * closed; what was not acknowledged is sent again.  The body is the connection and its message's number, 15 bytes with the
 * line's end, so that bodies in base64 can be joined.  Goes on until FOLDER/stop is there.  FOLDER/acked then has the bodies
 * that were acknowledged; the counts are printed.  No library is used, so
 * that the program runs in any system of the same architecture when linked statically.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 10000
#define FRAME_MAX 4096  /* answers to a send are some 200 bytes */
#define PAUSE_MS 200
#define BODY "%05zu-%08u\n"
#define TURN_MS 10      /* how often who pauses and FOLDER/stop are looked at */

enum phase { PAUSING, CONNECTING, WAITING };

struct sender {
	enum phase phase;
	int64_t due_ms;
	uint32_t number; /* of the message to be sent, or under way */
	size_t got;
	uint8_t in[FRAME_MAX];
};

struct counts {
	unsigned long acked, refused_connections, refused_sends, broken, other;
};

static struct {
	struct sockaddr_in address;
	const char *topic;
	FILE *acked;
	struct counts counts;
	size_t n;
	struct sender *senders;
	struct pollfd *fds; /* one for each sender; fd -1: not connected */
} g;

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_for(size_t i, int64_t ms)
{
	g.senders[i].phase = PAUSING;
	g.senders[i].due_ms = now_ms() + ms;
	g.fds[i].events = 0;
}

/* The connection is gone, whatever was under way with it. */
static void drop(size_t i)
{
	close(g.fds[i].fd);
	g.fds[i].fd = -1;
	g.senders[i].got = 0;
	pause_for(i, PAUSE_MS);
}

/* What connect said, at once or later. */
static void count_fault(int err)
{
	if (err == ECONNREFUSED)
		g.counts.refused_connections++;
	else
		g.counts.other++;
}

static void send_message(size_t i)
{
	struct sender *s = &g.senders[i];
	uint8_t frame[1024];
	char header[800], body[32];
	int body_bytes = snprintf(body, sizeof(body), BODY, i, s->number);
	int header_bytes = snprintf(header, sizeof(header),
				    "{\"code\":310,\"flag\":0,\"language\":\"JAVA\",\"opaque\":%u,\"serializeTypeCurrentRPC\":\"JSON\",\"version\":433,"
				    "\"extFields\":{\"a\":\"PG_restart\",\"b\":\"%.200s\",\"c\":\"TBW102\",\"d\":\"4\",\"e\":\"%zu\",\"f\":\"0\",\"g\":\"0\",\"h\":\"0\",\"i\":\"\",\"j\":\"0\",\"k\":\"false\"}}",
				    s->number, g.topic, i % 4);
	uint32_t be = htonl((uint32_t)(4 + header_bytes + body_bytes));

	memcpy(frame, &be, 4);
	be = htonl((uint32_t)header_bytes);
	memcpy(frame + 4, &be, 4);
	memcpy(frame + 8, header, (size_t)header_bytes);
	memcpy(frame + 8 + header_bytes, body, (size_t)body_bytes);
	ssize_t all = 8 + header_bytes + body_bytes;
	if (send(g.fds[i].fd, frame, (size_t)all, MSG_NOSIGNAL) != all) {
		g.counts.broken++;
		drop(i);
		return;
	}
	s->phase = WAITING;
	g.fds[i].events = POLLIN;
}

static void begin(size_t i)
{
	if (g.fds[i].fd >= 0) {
		send_message(i);
		return;
	}
	g.fds[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (g.fds[i].fd < 0) {
		perror("socket");
		exit(1);
	}
	g.senders[i].phase = CONNECTING;
	g.fds[i].events = POLLOUT;
	if (connect(g.fds[i].fd, (struct sockaddr *)&g.address, sizeof(g.address)) < 0 && errno != EINPROGRESS) {
		count_fault(errno);
		drop(i);
	}
}

static void on_connected(size_t i)
{
	int err = 0;
	socklen_t n = sizeof(err);

	getsockopt(g.fds[i].fd, SOL_SOCKET, SO_ERROR, &err, &n);
	if (err) {
		count_fault(err);
		drop(i);
	} else {
		send_message(i);
	}
}

/* A whole answer: what is its code? */
static void on_answer(size_t i, const char *header)
{
	struct sender *s = &g.senders[i];
	const char *code = strstr(header, "\"code\":");

	if (code && atoi(code + 7) == 0) {
		fprintf(g.acked, BODY, i, s->number++);
		g.counts.acked++;
	} else {
		g.counts.refused_sends++;
	}
	pause_for(i, PAUSE_MS);
}

static void on_readable(size_t i)
{
	struct sender *s = &g.senders[i];
	ssize_t n = recv(g.fds[i].fd, s->in + s->got, sizeof(s->in) - 1 - s->got, 0);
	uint32_t length;

	if (n <= 0) {
		g.counts.broken++;
		drop(i);
		return;
	}
	s->got += (size_t)n;
	if (s->got < 4)
		return;
	memcpy(&length, s->in, 4);
	length = ntohl(length);
	if (length > sizeof(s->in) - 5) {
		g.counts.other++;
		drop(i);
	} else if (s->got >= length + 4) {
		s->in[s->got] = 0;
		s->got = 0;
		on_answer(i, (const char *)s->in + 8);
	}
}

static void turn(void)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < g.n; i++)
		if (g.senders[i].phase == PAUSING && g.senders[i].due_ms <= now)
			begin(i);
	if (poll(g.fds, g.n, TURN_MS) <= 0)
		return;
	for (size_t i = 0; i < g.n; i++) {
		if (g.fds[i].fd < 0 || !g.fds[i].revents)
			continue;
		if (g.senders[i].phase == CONNECTING)
			on_connected(i);
		else if (g.senders[i].phase == WAITING)
			on_readable(i);
		else
			drop(i); /* closed while nothing was under way */
	}
}

int main(int argc, char **argv)
{
	struct rlimit files;
	char path[512];

	g.n = argc == 5 ? (size_t)atol(argv[2]) : 0;
	if (g.n < 1 || g.n > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: %s PORT CONNECTIONS TOPIC FOLDER\n", argv[0]);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	g.address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	g.topic = argv[3];
	snprintf(path, sizeof(path), "%s/acked", argv[4]);
	g.acked = fopen(path, "we");
	g.senders = calloc(g.n, sizeof(*g.senders));
	g.fds = calloc(g.n, sizeof(*g.fds));
	if (!g.acked || !g.senders || !g.fds) {
		perror(path);
		return 1;
	}
	for (size_t i = 0; i < g.n; i++) {
		g.fds[i].fd = -1;
		pause_for(i, (int64_t)(i % PAUSE_MS));
	}
	snprintf(path, sizeof(path), "%s/stop", argv[4]);
	while (access(path, F_OK) < 0)
		turn();
	if (fclose(g.acked)) {
		perror("acked");
		return 1;
	}
	printf("acknowledged %lu, connections refused %lu, sends refused %lu, connections broken %lu, other faults %lu\n", g.counts.acked,
	       g.counts.refused_connections, g.counts.refused_sends, g.counts.broken, g.counts.other);
	return g.counts.refused_connections || g.counts.other;
}
