/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the real rmq-namesrvd listens on loopback, answers frames, withdraws a broker whose connection closes, keeps the KV
 * configuration over a restart, and ends with the status that its manual promises.
 * Shown: the built program on a port of the kernel's choice; its log tells the port.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/lmt.h"
#include "wire/command.h"

struct server {
	pid_t pid;
	FILE *log;
	uint16_t port;
};

static char folder[64], kv_set[128];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/lightmq-namesrvd-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(kv_set, sizeof(kv_set), "kvConfigPath=%s/kv.json", folder);
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Run with more arguments than the usual; stderr goes to a pipe. */
static void launch(struct server *s, const char *one, const char *two)
{
	const char *build = getenv("top_builddir");
	char path[512];
	const char *argv[] = { path, "-c", "/dev/null", "-o", "listenPort=0", "-o", kv_set, one, two, NULL };
	int fds[2];

	snprintf(path, sizeof(path), "%s/rmq-namesrvd", build ? build : ".");
	ck_assert_int_eq(pipe(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	s->log = fdopen(fds[0], "r");
	s->port = 0;
}

static void wait_line(struct server *s, const char *text, char *line, size_t cap)
{
	while (fgets(line, (int)cap, s->log))
		if (strstr(line, text))
			return;
	ck_abort_msg("the log ended before \"%s\"", text);
}

static void start_with(struct server *s, const char *set)
{
	char line[1024];

	launch(s, set ? "-o" : NULL, set);
	wait_line(s, "listening on 127.0.0.1:", line, sizeof(line));
	s->port = (uint16_t)atoi(strstr(line, "127.0.0.1:") + 10);
	wait_line(s, "ready: ", line, sizeof(line));
}

static void start(struct server *s) { start_with(s, NULL); }

static int ended(struct server *s)
{
	int status;

	ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
	fclose(s->log);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void stop(struct server *s)
{
	kill(s->pid, SIGTERM);
	ck_assert_int_eq(ended(s), 0);
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

struct field {
	enum lmi_ext_key key;
	const char *value;
};

/* Ask and read the whole answer; returns its code.  What *out holds lives in the arena and in frame. */
static int32_t ask(int fd, struct lmi_arena *a, int32_t code, const struct field *fields, const char *body, struct lmi_command *out)
{
	static uint8_t frame[65536];
	struct lmi_command_out o;
	struct lmi_buf b = { 0 };
	size_t n = 0, want = 0;
	int r;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, code, 1, 0);
	for (; fields->value; fields++)
		lmi_command_put(&o, fields->key, lmi_span_str(fields->value));
	lmi_command_end(&o, strlen(body));
	lmi_buf_put_str(&b, body);
	ck_assert_int_eq(send(fd, lmi_buf_data(&b), lmi_buf_len(&b), MSG_NOSIGNAL), (ssize_t)lmi_buf_len(&b));
	lmi_buf_done(&b);
	while ((r = lmi_frame_cut(lmi_span(frame, n), sizeof(frame), &want)) == -EAGAIN) {
		ssize_t got = recv(fd, frame + n, (want ? want : 4) - n, 0);

		ck_assert_int_gt(got, 0);
		n += (size_t)got;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(lmi_command_decode(lmi_span(frame, n), a, out), 0);
	return out->code;
}
#define ASK(fd, a, code, body, out, ...) ask(fd, a, code, (const struct field[]){ __VA_ARGS__ __VA_OPT__(, ) { 0, NULL } }, body, out)

#define TOPIC(n) "\"" n "\":{\"perm\":6,\"readQueueNums\":4,\"topicName\":\"" n "\",\"writeQueueNums\":4}"
#define BODY "{\"topicConfigSerializeWrapper\":{\"dataVersion\":{\"counter\":1,\"stateVersion\":0,\"timestamp\":1},\"topicConfigTable\":{" \
	TOPIC("T") "," TOPIC("U") "}}}"

START_TEST(a_registered_broker_is_routed_to_until_its_connection_closes)
{
	struct lmi_command c;
	struct lmi_arena a;
	struct server s;
	char line[1024];
	int broker, client;

	make_folder();
	start(&s);
	lmi_arena_init(&a, 0);
	broker = dial(s.port);
	client = dial(s.port);
	ck_assert_int_eq(ASK(broker, &a, LMI_REQ_REGISTER_BROKER, BODY, &c, { LMI_EXT_BROKER_NAME, "b" }, { LMI_EXT_BROKER_ADDR, "127.0.0.1:1" },
			     { LMI_EXT_CLUSTER_NAME, "C" }, { LMI_EXT_HA_SERVER_ADDR, "127.0.0.1:2" }, { LMI_EXT_BROKER_ID, "0" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(ASK(client, &a, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", &c, { LMI_EXT_TOPIC, "T" }), LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "127.0.0.1:1", 11));
	close(broker);
	wait_line(&s, "broker b id 0 at 127.0.0.1:1 withdrawn: its connection closed", line, sizeof(line));
	ck_assert_int_eq(ASK(client, &a, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", &c, { LMI_EXT_TOPIC, "T" }), LMI_RSP_TOPIC_NOT_EXIST);
	close(client);
	lmi_arena_done(&a);
	stop(&s);
	remove_folder();
}
END_TEST

START_TEST(the_kv_configuration_outlives_a_restart)
{
	struct lmi_command c;
	struct lmi_arena a;
	struct server s;
	int fd;

	make_folder();
	lmi_arena_init(&a, 0);
	start(&s);
	fd = dial(s.port);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_PUT_KV_CONFIG, "", &c, { LMI_EXT_NAMESPACE, "n" }, { LMI_EXT_KEY, "k" }, { LMI_EXT_VALUE, "v" }), 0);
	close(fd);
	kill(s.pid, SIGKILL); /* answered means kept */
	ck_assert_int_eq(ended(&s), -1);
	start(&s);
	fd = dial(s.port);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_GET_KV_CONFIG, "", &c, { LMI_EXT_NAMESPACE, "n" }, { LMI_EXT_KEY, "k" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&c, LMI_EXT_VALUE), "v"));
	close(fd);
	stop(&s);
	lmi_arena_done(&a);
	remove_folder();
}
END_TEST

START_TEST(its_configuration_is_told_and_what_may_change_does_over_the_wire)
{
	struct lmi_command c;
	struct lmi_arena a;
	struct server s;
	char line[1024];
	int fd;

	make_folder();
	lmi_arena_init(&a, 0);
	start(&s);
	fd = dial(s.port);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_UPDATE_NAMESRV_CONFIG, "orderMessageEnable=true\n", &c), LMI_RSP_SUCCESS);
	wait_line(&s, "orderMessageEnable was set to true by a request", line, sizeof(line));
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_GET_NAMESRV_CONFIG, "", &c), LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "orderMessageEnable=true\n", 24));
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_UPDATE_NAMESRV_CONFIG, "kvConfigPath=/etc/passwd", &c), LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_UPDATE_NAMESRV_CONFIG, "listenPort=1", &c), LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_UPDATE_NAMESRV_CONFIG, "orderMessageEnable=maybe", &c), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_UPDATE_NAMESRV_CONFIG, "orderMesageEnable=true", &c), LMI_RSP_INVALID_PARAMETER);
	ck_assert_ptr_nonnull(memmem(c.remark.p, c.remark.n, "did you mean orderMessageEnable", 31));
	close(fd);
	stop(&s);
	start(&s); /* what was changed is kept */
	fd = dial(s.port);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_GET_NAMESRV_CONFIG, "", &c), LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "orderMessageEnable=true\n", 24));
	close(fd);
	kill(s.pid, SIGHUP);
	wait_line(&s, "configuration reloaded", line, sizeof(line));
	fd = dial(s.port);
	ck_assert_int_eq(ASK(fd, &a, LMI_REQ_GET_NAMESRV_CONFIG, "", &c), LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "orderMessageEnable=true\n", 24));
	close(fd);
	stop(&s);
	lmi_arena_done(&a);
	remove_folder();
}
END_TEST

START_TEST(a_snapshot_is_answered_from_after_a_restart)
{
	struct lmi_command c;
	struct lmi_arena a;
	struct server s;
	char line[1024], set[128];
	int broker, client;

	make_folder();
	lmi_arena_init(&a, 0);
	snprintf(set, sizeof(set), "routeSnapshot=%s/routes", folder);
	start_with(&s, set);
	broker = dial(s.port);
	ck_assert_int_eq(ASK(broker, &a, LMI_REQ_REGISTER_BROKER, BODY, &c, { LMI_EXT_BROKER_NAME, "b" }, { LMI_EXT_BROKER_ADDR, "127.0.0.1:1" },
			     { LMI_EXT_CLUSTER_NAME, "C" }, { LMI_EXT_HA_SERVER_ADDR, "127.0.0.1:2" }, { LMI_EXT_BROKER_ID, "0" }), LMI_RSP_SUCCESS);
	stop(&s);
	start_with(&s, set);
	client = dial(s.port);
	ck_assert_int_eq(ASK(client, &a, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", &c, { LMI_EXT_TOPIC, "T" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_starts(c.remark, LMI_SPAN_LIT("stale: ")));
	close(broker);
	broker = dial(s.port);
	ck_assert_int_eq(ASK(broker, &a, LMI_REQ_REGISTER_BROKER, BODY, &c, { LMI_EXT_BROKER_NAME, "b" }, { LMI_EXT_BROKER_ADDR, "127.0.0.1:1" },
			     { LMI_EXT_CLUSTER_NAME, "C" }, { LMI_EXT_HA_SERVER_ADDR, "127.0.0.1:2" }, { LMI_EXT_BROKER_ID, "0" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(ASK(client, &a, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", &c, { LMI_EXT_TOPIC, "T" }), LMI_RSP_SUCCESS);
	ck_assert_ptr_null(c.remark.p);
	close(broker);
	wait_line(&s, "withdrawn: its connection closed", line, sizeof(line));
	close(client);
	stop(&s);
	lmi_arena_done(&a);
	remove_folder();
}
END_TEST

START_TEST(a_summary_is_logged_and_a_reload_leaves_it_running)
{
	struct server s;
	char line[1024];

	make_folder();
	start(&s);
	kill(s.pid, SIGUSR1);
	wait_line(&s, "state: 0 brokers, 0 topics", line, sizeof(line));
	kill(s.pid, SIGHUP);
	wait_line(&s, "configuration reloaded", line, sizeof(line));
	close(dial(s.port));
	stop(&s);
	remove_folder();
}
END_TEST

START_TEST(the_exit_status_tells_usage_from_configuration)
{
	struct server s;

	make_folder();
	launch(&s, "--nope", NULL);
	ck_assert_int_eq(ended(&s), 2);
	launch(&s, "-o", "listenPrt=1");
	ck_assert_int_eq(ended(&s), 78);
	launch(&s, "-o", "kvConfigPath=");
	ck_assert_int_eq(ended(&s), 78);
	launch(&s, "-o", "bindAddress=0.0.0.0");
	ck_assert_int_eq(ended(&s), 78);
	remove_folder();
}
END_TEST

LMT_MAIN("namesrvd", a_registered_broker_is_routed_to_until_its_connection_closes, the_kv_configuration_outlives_a_restart,
	 its_configuration_is_told_and_what_may_change_does_over_the_wire, a_snapshot_is_answered_from_after_a_restart,
	 a_summary_is_logged_and_a_reload_leaves_it_running, the_exit_status_tells_usage_from_configuration)
