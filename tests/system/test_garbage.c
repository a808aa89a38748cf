/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever bytes come, both daemons live on, other connections are undisturbed, unknown requests are answered as
 * RocketMQ answers them, and the daemons stop cleanly afterwards (under sanitizers: without a report or a leak).
 * Shown: mutated frames of every request code over many connections to the real daemons, with a well-behaved connection
 * open all the time.  LIGHTMQ_BUDGET multiplies the rounds; the seed is printed and LIGHTMQ_SEED repeats it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "tests/support/lmt.h"
#include "wire/command.h"

#define ROUNDS 1500
#define FRAMES_A_ROUND 20

struct daemon {
	pid_t pid;
	FILE *log;
	uint16_t port;
};

/* Start a program of the build; its log tells the port. */
static void start(struct daemon *d, const char *name, const char *const *args)
{
	const char *build = getenv("top_builddir");
	char path[512], line[1024];
	const char *argv[24] = { path };
	int fds[2];

	snprintf(path, sizeof(path), "%s/%s", build ? build : ".", name);
	for (int i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	ck_assert_int_eq(pipe(fds), 0);
	d->pid = fork();
	if (d->pid == 0) {
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	d->log = fdopen(fds[0], "r");
	d->port = 0;
	while (d->port == 0 && fgets(line, sizeof(line), d->log)) {
		const char *at = strstr(line, "listening on 127.0.0.1:");

		if (at && strstr(line, "(remoting)"))
			d->port = (uint16_t)atoi(at + 23);
	}
	ck_assert_msg(d->port, "%s did not start", name);
}

static void drain(struct daemon *d)
{
	if (fork() == 0) { /* the log must not fill its pipe; ends with the daemon */
		char line[1024];

		while (fgets(line, sizeof(line), d->log))
			if (strstr(line, "ERROR: ") || strstr(line, "runtime error"))
				fputs(line, stderr);
		_exit(0);
	}
}

static void stop(struct daemon *d)
{
	int status;

	kill(d->pid, SIGTERM);
	ck_assert_int_eq(waitpid(d->pid, &status, 0), d->pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with %x", (unsigned int)status);
	fclose(d->log);
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Read one whole frame and decode it. */
static void receive(int fd, uint8_t *frame, size_t cap, struct lmi_arena *arena, struct lmi_command *out)
{
	size_t n = 0, want;

	for (;;) {
		int r = lmi_frame_cut(lmi_span(frame, n), cap, &want);
		ssize_t got;

		ck_assert(r == 0 || r == -EAGAIN);
		if (r == 0)
			break;
		got = recv(fd, frame + n, (want ? want : 4) - n, 0);
		ck_assert_msg(got > 0, "the good connection was closed: %s", strerror(errno));
		n += (size_t)got;
	}
	ck_assert_int_eq(lmi_command_decode(lmi_span(frame, n), arena, out), 0);
}

/* Ask for an unknown code; the answer is RocketMQ's. */
static void ask_unknown(int fd, enum lmi_serialize type, int32_t opaque)
{
	uint8_t frame[65536];
	struct lmi_command_out o;
	struct lmi_command c;
	struct lmi_arena a;
	struct lmi_buf b = { 0 };

	lmi_command_begin(&o, &b, type, 31999, opaque, 0);
	lmi_command_end(&o, 0);
	ck_assert_int_eq(send(fd, lmi_buf_data(&b), lmi_buf_len(&b), MSG_NOSIGNAL), (ssize_t)lmi_buf_len(&b));
	lmi_arena_init(&a, 0);
	receive(fd, frame, sizeof(frame), &a, &c);
	ck_assert_int_eq(c.opaque, opaque);
	ck_assert_int_eq(c.code, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	ck_assert(lmi_span_is(c.remark, " request type 31999 not supported"));
	ck_assert_int_eq(c.serialize, type);
	lmi_arena_done(&a);
	lmi_buf_done(&b);
}

/* A frame with plausible fields of a random request, before it is spoilt. */
static void make_frame(struct lmi_buf *b, struct lmi_rng *r)
{
	static const char *const values[] = { "0", "1", "-1", "3", "9223372036854775807", "-9223372036854775808", "T", "%RETRY%g", "g",
					      "TBW102", "../x", "", "true", "{}", "a\001b\002", "b", "127.0.0.1:1", "99999999999999999999" };
	static const char *const bodies[] = { "", "{}", "{\"clientID\":\"c\",\"consumerDataSet\":[{\"groupName\":\"g\"}]}", "[[[[",
					      "{\"topicConfigSerializeWrapper\":{\"topicConfigTable\":{\"T\":{\"topicName\":\"T\"}}}}",
					      "{\"mqSet\":[{\"topic\":\"T\",\"queueId\":1}],\"clientId\":\"c\",\"consumerGroup\":\"g\"}" };
	struct lmi_command_out o;
	const char *body = bodies[lmi_rng_below(r, sizeof(bodies) / sizeof(bodies[0]))];
	int32_t code = (int32_t)lmi_rng_below(r, 420);

	if (lmi_rng_below(r, 10) == 0)
		code = (int32_t)(900 + lmi_rng_below(r, 10));
	lmi_command_begin(&o, b, lmi_rng_below(r, 2) ? LMI_SERIALIZE_JSON : LMI_SERIALIZE_ROCKETMQ, code, (int32_t)lmi_rng_u64(r),
			  (int32_t)(lmi_rng_below(r, 4) == 0 ? lmi_rng_below(r, 4) : 0));
	for (uint64_t n = lmi_rng_below(r, 24); n > 0; n--)
		lmi_command_put(&o, 1 + (enum lmi_ext_key)lmi_rng_below(r, LMI_EXT_LAST - 1),
				lmi_span_str(values[lmi_rng_below(r, sizeof(values) / sizeof(values[0]))]));
	lmi_command_end(&o, strlen(body));
	lmi_buf_put_str(b, body);
}

static void spoil(struct lmi_buf *b, size_t from, struct lmi_rng *r)
{
	size_t n = lmi_buf_len(b) - from;

	for (uint64_t flips = lmi_rng_below(r, 4); flips > 0; flips--) {
		size_t at = lmi_rng_below(r, 3) ? 8 + lmi_rng_below(r, n - 8) : lmi_rng_below(r, n);

		lmi_buf_data(b)[from + at] = (uint8_t)lmi_rng_u64(r);
	}
}

static void garbage_round(uint16_t port, struct lmi_rng *r)
{
	struct lmi_buf b = { 0 };
	uint8_t sink[65536];
	int fd = dial(port);

	for (int i = 0; i < FRAMES_A_ROUND; i++) {
		size_t from = lmi_buf_len(&b);

		make_frame(&b, r);
		spoil(&b, from, r);
	}
	if (lmi_rng_below(r, 4) == 0)
		b.tail -= lmi_rng_below(r, lmi_buf_len(&b));
	send(fd, lmi_buf_data(&b), lmi_buf_len(&b), MSG_NOSIGNAL); /* may be closed on the way */
	if (lmi_rng_below(r, 2)) {
		shutdown(fd, SHUT_WR);
		while (recv(fd, sink, sizeof(sink), 0) > 0)
			;
	}
	close(fd);
	lmi_buf_done(&b);
}

static void torture(struct daemon *d)
{
	const char *seed_text = getenv("LIGHTMQ_SEED"), *budget = getenv("LIGHTMQ_BUDGET");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);
	struct lmi_rng_seeded r;
	int good = dial(d->port), rounds = ROUNDS * (budget ? atoi(budget) : 1);

	printf("# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	lmi_rng_seeded_init(&r, seed);
	ask_unknown(good, LMI_SERIALIZE_JSON, 1);
	for (int i = 0; i < rounds; i++) {
		garbage_round(d->port, &r.rng);
		if (i % 10 == 0)
			ask_unknown(good, i % 20 ? LMI_SERIALIZE_JSON : LMI_SERIALIZE_ROCKETMQ, i);
	}
	ask_unknown(good, LMI_SERIALIZE_JSON, 2);
	close(good);
}

static char folder[64];

static const char *in_folder(char *out, size_t cap, const char *key, const char *name)
{
	if (!*folder) {
		strcpy(folder, "/tmp/lightmq-garbage-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(folder));
	}
	snprintf(out, cap, "%s=%s/%s", key, folder, name);
	return out;
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(the_name_server_outlives_garbage)
{
	char kv[256];
	struct daemon d;

	start(&d, "rmq-namesrvd", (const char *[]){ "-c", "/dev/null", "-o", "listenPort=0", "-o",
						    in_folder(kv, sizeof(kv), "kvConfigPath", "kv.json"), NULL });
	drain(&d);
	torture(&d);
	stop(&d);
	remove_folder();
}
END_TEST

START_TEST(the_broker_outlives_garbage)
{
	char root[256];
	struct daemon d;

	start(&d, "rmq-brokerd", (const char *[]){ "-c", "/dev/null", "-o", "listenPort=0", "-o", "namesrvAddr=127.0.0.1:1", "-o",
						   "mappedFileSizeCommitLog=1MiB", "-o", "brokerName=b", "-o",
						   in_folder(root, sizeof(root), "storePathRootDir", "store"), NULL });
	drain(&d);
	torture(&d);
	stop(&d);
	remove_folder();
}
END_TEST

LMT_MAIN("garbage", the_name_server_outlives_garbage, the_broker_outlives_garbage)
