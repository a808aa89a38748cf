/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the real broker, as a process, takes messages, hands them out, wakes a held pull, survives kill -9 with all that
 * it answered, finds its name server whenever that comes, and stops cleanly.
 * Shown by: speaking frames to it over loopback; its listening sockets are made here and handed in as systemd would, so that
 * the kernel chooses the ports; this test plays the name server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/lmt.h"
#include "wire/command.h"
#include "wire/topic_sync.h"
#include "wire/props.h"
#include "wire/record.h"

#define WAIT_S 20 /* longest wait for anything: only a broken broker needs it */

struct field {
	const char *name, *value;
};

#define FIELDS(...) (const struct field[]){ __VA_ARGS__, { NULL, NULL } }

static char root[64], ns_address[32];
static int door = -1, vip = -1, ns = -1;
static pid_t broker;

/* ---- sockets ---- */

static int listen_any(bool listening, int *out_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (listening)
		ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*out_port = ntohs(a.sin_port);
	return fd;
}

static void patient(int fd)
{
	struct timeval tv = { .tv_sec = WAIT_S };
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
}

static int connect_to(int listener)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	patient(fd);
	return fd;
}

static void write_all(int fd, const void *p, size_t n)
{
	for (const char *at = p; n;) {
		ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
		ck_assert_msg(k > 0, "send: %s", strerror(errno));
		at += k;
		n -= (size_t)k;
	}
}

static bool read_all(int fd, void *p, size_t n)
{
	for (char *at = p; n;) {
		ssize_t k = recv(fd, at, n, 0);
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

/* ---- frames ---- */

static struct lmi_arena arena;
static uint8_t frame[1 << 22];

static void ask(int fd, int32_t code, int32_t opaque, const struct field *f, struct lmi_span body)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, code, opaque, 0);
	for (; f->name; f++)
		lmi_command_put_name(&o, lmi_span_str(f->name), lmi_span_str(f->value));
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(&b, body);
	write_all(fd, lmi_buf_data(&b), lmi_buf_len(&b));
	lmi_buf_done(&b);
}

/* The next frame, whatever it is; false when the connection ended. */
static bool take(int fd, struct lmi_command *out)
{
	if (!read_all(fd, frame, 4))
		return false;
	uint32_t n = lmi_get32(frame);
	ck_assert_uint_le(n, sizeof(frame) - 4);
	ck_assert(read_all(fd, frame + 4, n));
	lmi_arena_reset(&arena);
	ck_assert_int_eq(lmi_command_decode(lmi_span(frame, n + 4), &arena, out), 0);
	return true;
}

/* The answer to a request; notices on the way are passed over. */
static struct lmi_command answer(int fd, int32_t opaque)
{
	struct lmi_command c;
	do
		ck_assert_msg(take(fd, &c), "no answer to %d", opaque);
	while (!(c.flag & LMI_FLAG_RESPONSE) || c.opaque != opaque);
	return c;
}

static void send_message(int fd, int32_t opaque, const char *body)
{
	ask(fd, LMI_REQ_SEND_MESSAGE_V2, opaque,
	    FIELDS({ "a", "PG" }, { "b", "T" }, { "c", "TBW102" }, { "d", "4" }, { "e", "0" }, { "f", "0" }, { "g", "1" },
		   { "h", "0" }),
	    lmi_span_str(body));
}

static void join(int fd, int32_t opaque)
{
	ask(fd, LMI_REQ_HEART_BEAT, opaque, FIELDS({ NULL, NULL }),
	    LMI_SPAN_LIT("{\"clientID\":\"c\",\"consumerDataSet\":[{\"groupName\":\"g\",\"subscriptionDataSet\":[{\"topic\":\"T\","
			 "\"subString\":\"*\",\"subVersion\":1}]}],\"producerDataSet\":[]}"));
	ck_assert_int_eq(answer(fd, opaque).code, LMI_RSP_SUCCESS);
}

static void pull(int fd, int32_t opaque, const char *pos)
{
	ask(fd, LMI_REQ_PULL_MESSAGE, opaque,
	    FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "queueOffset", pos }, { "maxMsgNums", "32" },
		   { "sysFlag", "2" }, { "commitOffset", "0" }, { "suspendTimeoutMillis", "15000" }, { "subVersion", "1" }),
	    LMI_SPAN_NULL);
}

static int count_records(struct lmi_span body, const char *first)
{
	int n = 0;
	struct lmi_record r;
	for (; body.n; n++) {
		ck_assert_int_eq(lmi_record_decode(body, &r), 0);
		ck_assert(lmi_record_check_crc(&r));
		if (n == 0 && first)
			ck_assert(lmi_span_is(r.body, first));
		body = lmi_span(body.p + r.total, body.n - r.total);
	}
	return n;
}

/* ---- the broker ---- */

static char domain[96], told[96]; /* further settings of the broker */
static int log_end = -1;         /* where its log goes, when a test reads it */

static void exec_broker(void)
{
	char path[512], store[96], servers[64], pid[16];
	const char *fetch = *domain ? "fetchNamesrvAddrByAddressServer=true" : "logLevel=warning";
	const char *build = getenv("top_builddir");
	snprintf(path, sizeof(path), "%s/rmq-brokerd", build ? build : ".");
	snprintf(store, sizeof(store), "storePathRootDir=%s", root);
	snprintf(servers, sizeof(servers), "namesrvAddr=%s", ns_address);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (log_end >= 0)
		dup2(log_end, 2);
	dup2(door, 3);
	dup2(vip, 4);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "remoting:vip", 1);
	unsetenv("NOTIFY_SOCKET");
	signal(SIGTERM, SIG_DFL); /* not the test runner's */
	execl(path, "rmq-brokerd", "-c", "/dev/null", "-o", store, "-o", servers, "-o", "brokerName=broker-a", "-o",
	      "mappedFileSizeCommitLog=16MiB", "-o", "logLevel=warning", "-o", fetch, "-o", *domain ? domain : "logLevel=warning",
	      "-o", *told ? told : "logLevel=warning", (char *)NULL);
	_exit(127);
}

static void start(void)
{
	broker = fork();
	ck_assert_int_ge(broker, 0);
	if (broker == 0)
		exec_broker();
}

static int end(int signum)
{
	int status = -1;
	ck_assert_int_eq(kill(broker, signum), 0);
	ck_assert_int_eq(waitpid(broker, &status, 0), broker);
	broker = 0;
	return status;
}

static void set_up(bool name_server_is_there)
{
	int port;
	snprintf(root, sizeof(root), "/tmp/lightmq-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	door = listen_any(true, &port);
	vip = listen_any(true, &port);
	ns = listen_any(name_server_is_there, &port);
	patient(ns);
	snprintf(ns_address, sizeof(ns_address), "127.0.0.1:%d", port);
	lmi_arena_init(&arena, 0);
	/* The inherited copies must not end at exec, and not be 3 or 4 themselves. */
	door = fcntl(door, F_DUPFD_CLOEXEC, 10);
	vip = fcntl(vip, F_DUPFD_CLOEXEC, 10);
	start();
}

static void tear_down(void)
{
	char cmd[96];
	int fd = connect_to(door); /* it serves: from then on SIGTERM is a clean stop */
	ask(fd, LMI_REQ_GET_MAX_OFFSET, 1, FIELDS({ "topic", "T" }, { "queueId", "0" }), LMI_SPAN_NULL);
	answer(fd, 1);
	close(fd);
	int status = end(SIGTERM);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", root);
	ck_assert_int_eq(system(cmd), 0);
	lmi_arena_done(&arena);
}

static void serve_answer(int fd, int32_t opaque, int32_t code, const char *changed)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, code, opaque, LMI_FLAG_RESPONSE);
	if (changed)
		lmi_command_put(&o, LMI_EXT_CHANGED, lmi_span_str(changed));
	lmi_command_end(&o, 0);
	write_all(fd, lmi_buf_data(&b), lmi_buf_len(&b));
	lmi_buf_done(&b);
}

/* Play a name server: accept, take one request.  The connection stays in *fd. */
static struct lmi_command serve_take(int *fd)
{
	struct lmi_command c;
	if (*fd < 0) {
		*fd = accept(ns, NULL, NULL);
		ck_assert_msg(*fd >= 0, "nobody came: %s", strerror(errno));
		patient(*fd);
	}
	ck_assert(take(*fd, &c));
	return c;
}

/* Play RocketMQ's: digests are not supported, to one request of its own say yes. */
static struct lmi_command serve_name(int *fd)
{
	struct lmi_command c;
	while ((c = serve_take(fd)).code == LMI_REQ_REGISTER_DIGEST)
		serve_answer(*fd, c.opaque, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, NULL);
	serve_answer(*fd, c.opaque, LMI_RSP_SUCCESS, NULL);
	return c;
}

START_TEST(messages_go_in_and_come_out_and_a_held_pull_is_woken)
{
	set_up(false);
	int producer = connect_to(door), consumer = connect_to(door);
	send_message(producer, 1, "one");
	struct lmi_command a = answer(producer, 1);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	join(consumer, 2);
	pull(consumer, 3, "0");
	a = answer(consumer, 3);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body, "one"), 1);
	pull(consumer, 4, "1"); /* held: the next answer can only come from the message below */
	send_message(producer, 5, "two");
	ck_assert_int_eq(answer(producer, 5).code, LMI_RSP_SUCCESS);
	a = answer(consumer, 4);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body, "two"), 1);
	close(producer);
	close(consumer);
	tear_down();
}
END_TEST

START_TEST(what_was_answered_is_there_after_kill_9_and_a_restart)
{
	set_up(false);
	int fd = connect_to(door);
	for (int i = 0; i < 1000; i++)
		send_message(fd, i, "message");
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(answer(fd, i).code, LMI_RSP_SUCCESS);
	int status = end(SIGKILL);
	ck_assert(WIFSIGNALED(status));
	close(fd);
	start();
	fd = connect_to(door); /* the sockets are still there */
	ask(fd, LMI_REQ_GET_MAX_OFFSET, 7, FIELDS({ "topic", "T" }, { "queueId", "0" }), LMI_SPAN_NULL);
	struct lmi_command a = answer(fd, 7);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_OFFSET), "1000"));
	join(fd, 8);
	pull(fd, 9, "968");
	a = answer(fd, 9);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body, "message"), 32);
	close(fd);
	tear_down();
}
END_TEST

START_TEST(it_registers_with_a_name_server_that_comes_late_and_tells_it_of_new_topics_and_its_end)
{
	int link = -1, status;
	set_up(false);
	int fd = connect_to(door);
	send_message(fd, 1, "serving without any name server");
	ck_assert_int_eq(answer(fd, 1).code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(listen(ns, 8), 0);
	struct lmi_command c = serve_name(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_BROKER);
	ck_assert(lmi_span_is(lmi_command_ext(&c, LMI_EXT_BROKER_NAME), "broker-a"));
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "\"T\":{", 5));
	ask(fd, LMI_REQ_UPDATE_AND_CREATE_TOPIC, 2,
	    FIELDS({ "topic", "Another" }, { "readQueueNums", "1" }, { "writeQueueNums", "1" }, { "perm", "6" }), LMI_SPAN_NULL);
	c = serve_name(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_BROKER);
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, "\"Another\":{", 11));
	close(link); /* it restarts: told again by itself */
	link = -1;
	ck_assert_int_eq(serve_name(&link).code, LMI_REQ_REGISTER_BROKER);
	ck_assert_int_eq(kill(broker, SIGTERM), 0);
	ck_assert_int_eq(serve_name(&link).code, LMI_REQ_UNREGISTER_BROKER);
	ck_assert_int_eq(waitpid(broker, &status, 0), broker);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert(!take(fd, &c) || c.opaque == 2); /* the client's connection was closed too */
	start();
	close(fd);
	close(link);
	close(ns);
	tear_down();
}
END_TEST

START_TEST(a_stopping_broker_answers_held_pulls_and_leaves_a_clean_store)
{
	char path[96];
	int status;
	set_up(false);
	int fd = connect_to(door);
	send_message(fd, 1, "one");
	ck_assert_int_eq(answer(fd, 1).code, LMI_RSP_SUCCESS);
	join(fd, 2);
	pull(fd, 3, "1");
	send_message(fd, 4, "in another queue's turn"); /* wakes 3; once it is answered, 5 is surely held */
	answer(fd, 3);
	pull(fd, 5, "2");
	ask(fd, LMI_REQ_GET_MAX_OFFSET, 6, FIELDS({ "topic", "T" }, { "queueId", "0" }), LMI_SPAN_NULL);
	answer(fd, 6);
	ck_assert_int_eq(kill(broker, SIGTERM), 0);
	ck_assert_int_eq(answer(fd, 5).code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert_int_eq(waitpid(broker, &status, 0), broker);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	snprintf(path, sizeof(path), "%s/abort", root);
	ck_assert_int_eq(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/config/topics.json", root);
	ck_assert_int_eq(access(path, F_OK), 0);
	start();
	close(fd);
	tear_down();
}
END_TEST

START_TEST(garbage_closes_only_its_own_connection)
{
	set_up(false);
	int good = connect_to(door), bad = connect_to(door);
	struct lmi_command c;
	write_all(bad, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	ck_assert(!take(bad, &c));
	send_message(good, 1, "still served");
	ck_assert_int_eq(answer(good, 1).code, LMI_RSP_SUCCESS);
	close(good);
	close(bad);
	tear_down();
}
END_TEST

START_TEST(the_second_door_takes_messages_but_serves_no_pulls)
{
	set_up(false);
	int fd = connect_to(vip);
	send_message(fd, 1, "x");
	ck_assert_int_eq(answer(fd, 1).code, LMI_RSP_SUCCESS);
	pull(fd, 2, "0");
	ck_assert_int_eq(answer(fd, 2).code, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	close(fd);
	tear_down();
}
END_TEST

static void make_topic(int fd, int32_t opaque, const char *name)
{
	ask(fd, LMI_REQ_UPDATE_AND_CREATE_TOPIC, opaque,
	    FIELDS({ "topic", name }, { "readQueueNums", "1" }, { "writeQueueNums", "1" }, { "perm", "6" }), LMI_SPAN_NULL);
}

START_TEST(our_name_server_is_told_of_a_change_alone_and_of_everything_only_when_it_lacks_it)
{
	struct lmi_sync_topics s;
	struct lmi_sync_digest d;
	struct lmi_topic_config t;
	int link = -1;
	set_up(true);
	struct lmi_command c = serve_take(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_DIGEST);
	ck_assert(lmi_span_is(lmi_command_ext(&c, LMI_EXT_BROKER_NAME), "broker-a"));
	ck_assert_int_eq(lmi_sync_digest_decode(c.body, &d), 0);
	serve_answer(link, c.opaque, LMI_RSP_SUCCESS, "true"); /* and knows none */
	c = serve_take(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_TOPICS);
	ck_assert_int_eq(lmi_sync_topics_decode(c.body, &s), 0);
	ck_assert_int_eq(s.flags, LMI_SYNC_BEGIN | LMI_SYNC_END);
	ck_assert_uint_eq(s.puts, d.topics);
	for (uint32_t i = 0; i < s.puts; i++) {
		ck_assert_int_eq(lmi_sync_next_put(&s.rest, &t), 0);
		d.digest -= lmi_topic_digest(&t);
	}
	ck_assert_uint_eq(d.digest, 0);
	serve_answer(link, c.opaque, LMI_RSP_SUCCESS, "false");
	int fd = connect_to(door);
	make_topic(fd, 2, "Another");
	c = serve_take(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_TOPICS);
	ck_assert_int_eq(lmi_sync_topics_decode(c.body, &s), 0);
	ck_assert(s.flags == LMI_SYNC_DELTA && s.puts == 1 && s.dels == 0);
	ck_assert_uint_le(lmi_get32(frame), 300); /* bytes of the whole request */
	serve_answer(link, c.opaque, LMI_RSP_SUCCESS, "false");
	ck_assert_int_eq(answer(fd, 2).code, LMI_RSP_SUCCESS); /* it knows now */
	make_topic(fd, 3, "Third");
	c = serve_take(&link);
	serve_answer(link, c.opaque, LMI_RSP_SUCCESS, "true"); /* it has something else: compare */
	c = serve_take(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_DIGEST);
	ck_assert_ptr_null(lmi_command_ext(&c, LMI_EXT_BROKER_NAME).p); /* a heartbeat */
	ck_assert_uint_le(lmi_get32(frame), 296);
	serve_answer(link, c.opaque, LMI_RSP_BROKER_NEED_TO_BE_REGISTERED, NULL);
	c = serve_take(&link);
	ck_assert_int_eq(c.code, LMI_REQ_REGISTER_DIGEST);
	ck_assert_ptr_nonnull(lmi_command_ext(&c, LMI_EXT_BROKER_NAME).p);
	serve_answer(link, c.opaque, LMI_RSP_SUCCESS, "false");
	ck_assert_int_eq(answer(fd, 3).code, LMI_RSP_SUCCESS);
	close(fd);
	close(link);
	tear_down();
}
END_TEST

START_TEST(the_name_servers_are_those_that_the_address_server_tells)
{
	char text[256];
	int port, link = -1, http = listen_any(true, &port);
	patient(http);
	snprintf(domain, sizeof(domain), "rmqAddressServerDomain=127.0.0.1:%d", port);
	set_up(true);
	int fd = accept(http, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	patient(fd);
	ck_assert(read_all(fd, text, 33));
	ck_assert_int_eq(memcmp(text, "GET /rocketmq/nsaddr HTTP/1.0\r\nHo", 33), 0);
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n\r\n%s\n", ns_address);
	write_all(fd, text, strlen(text));
	shutdown(fd, SHUT_WR);
	ck_assert_int_eq(serve_name(&link).code, LMI_REQ_REGISTER_BROKER);
	close(fd);
	close(http);
	close(link);
	close(ns);
	tear_down();
	*domain = '\0';
}
END_TEST

START_TEST(an_address_for_clients_that_leads_nowhere_is_warned_of)
{
	char line[1024];
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	log_end = ends[1];
	snprintf(told, sizeof(told), "brokerIP1=127.0.0.2"); /* the socket is bound to 127.0.0.1 */
	set_up(false);
	close(ends[1]);
	FILE *log = fdopen(ends[0], "r");
	do
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), log));
	while (!strstr(line, "clients are told 127.0.0.2:"));
	ck_assert_ptr_nonnull(strstr(line, "cannot be reached even from here: Connection refused"));
	ck_assert_ptr_nonnull(strstr(line, "; this machine has "));
	fclose(log);
	log_end = -1;
	tear_down();
}
END_TEST

LMT_MAIN("brokerd", an_address_for_clients_that_leads_nowhere_is_warned_of,
	 the_name_servers_are_those_that_the_address_server_tells,
	 our_name_server_is_told_of_a_change_alone_and_of_everything_only_when_it_lacks_it,
	 messages_go_in_and_come_out_and_a_held_pull_is_woken,
	 what_was_answered_is_there_after_kill_9_and_a_restart,
	 it_registers_with_a_name_server_that_comes_late_and_tells_it_of_new_topics_and_its_end,
	 a_stopping_broker_answers_held_pulls_and_leaves_a_clean_store, garbage_closes_only_its_own_connection,
	 the_second_door_takes_messages_but_serves_no_pulls)
