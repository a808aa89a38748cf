/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: clients start and end cleanly in any order, and what they ask servers for is answered or its failure told in words.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "client_lmt.h"

#include <signal.h>
#include <unistd.h>

static struct lmq_mock *mock;
static struct lmq_client *client;
static char err[256];

static int open_at(const char *namesrv)
{
	struct lmq_config *cfg = lmq_config_new();
	int r;

	ck_assert_int_eq(lmq_config_set(cfg, "namesrvAddr", namesrv, NULL, 0), 0);
	r = lmq_client_new(cfg, &client, err, sizeof(err));
	lmq_config_free(cfg);
	return r;
}

START_TEST(bad_name_server_lists_are_refused)
{
	static const char *const bad[] = { "", ";", "host", "host:", ":1", "host:0", "host:65536", "host:x", "a:1;b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(open_at(bad[i]) == -LMQ_EBADCONFIG, "\"%s\" was taken", bad[i]);
		ck_assert_ptr_nonnull(strstr(err, "namesrvAddr"));
	}
	ck_assert_int_eq(open_at("a:1; b:2 ;c:3"), 0);
	ck_assert_str_eq(err, "");
	lmq_client_free(client);
	lmq_client_free(NULL);
}
END_TEST

START_TEST(ids_are_unique_unless_an_instance_is_named)
{
	struct lmq_client *a = open_client("h:1", NULL), *b = open_client("h:1", NULL);
	struct lmq_client *c = open_client("h:1", "clientIP", "10.1.2.3", "instanceName", "me", NULL);

	ck_assert_str_ne(lmq_client_id(a), lmq_client_id(b));
	ck_assert_str_eq(lmq_client_id(c), "10.1.2.3@me");
	lmq_client_free(a);
	lmq_client_free(b);
	lmq_client_free(c);
}
END_TEST

START_TEST(a_client_lives_until_its_last_user_is_freed)
{
	struct lmq_producer *producer = NULL;
	struct lmq_message *m = lmq_message_new("T", "x", 1);

	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	client = open_client(mock_namesrv(mock), NULL);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	lmq_client_free(client);
	ck_assert_int_eq(lmq_producer_send(producer, m, 0, NULL), 0);
	lmq_producer_free(producer);
	lmq_message_free(m);
	mock_free(mock);
}
END_TEST

START_TEST(the_librarys_threads_take_no_signals)
{
	sigset_t usr1, pending;

	/* Only this thread could take it, and it blocks it: the signal stays pending. */
	client = open_client("127.0.0.1:1", NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
	sigpending(&pending);
	ck_assert(sigismember(&pending, SIGUSR1));
	lmq_client_free(client);
}
END_TEST

static int count_queue(void *user, const char *broker, int32_t queue_id)
{
	char *text = user;

	sprintf(text + strlen(text), "%s/%d ", broker, queue_id);
	return queue_id == 7 ? 7 : 0;
}

START_TEST(queues_are_listed_in_the_common_order)
{
	char text[512] = "";

	mock = mock_new(2);
	mock_topic(mock, "T", 2);
	mock_topic(mock, "many", 9);
	client = open_client(mock_namesrv(mock), NULL);
	ck_assert_int_eq(lmq_client_each_queue(client, "T", 0, count_queue, text, err, sizeof(err)), 0);
	ck_assert_str_eq(text, "broker-0/0 broker-0/1 broker-1/0 broker-1/1 ");
	ck_assert_int_eq(lmq_client_each_queue(client, "many", 0, count_queue, text, err, sizeof(err)), 7);
	ck_assert_int_eq(lmq_client_each_queue(client, "none", 0, count_queue, text, err, sizeof(err)), -LMQ_ENOROUTE);
	ck_assert_ptr_nonnull(strstr(err, "none"));
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

START_TEST(an_unreachable_name_server_is_named)
{
	mock = mock_new(0);
	client = open_client(mock_namesrv(mock), NULL);
	mock_kill(mock, MOCK_NAMESRV);
	ck_assert_int_eq(lmq_client_each_queue(client, "T", 1000, count_queue, NULL, err, sizeof(err)), -ECONNREFUSED);
	ck_assert_ptr_nonnull(strstr(err, mock_namesrv(mock)));
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 4, 1000, err, sizeof(err)), -ECONNREFUSED);
	ck_assert_ptr_nonnull(strstr(err, mock_namesrv(mock)));
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

START_TEST(a_topic_is_created_on_every_broker)
{
	char text[512] = "";

	mock = mock_new(2);
	client = open_client(mock_namesrv(mock), NULL);
	ck_assert_int_eq(lmq_client_create_topic(client, "c", "T", 1, 0, err, sizeof(err)), 0);
	ck_assert_int_eq(lmq_client_each_queue(client, "T", 0, count_queue, text, err, sizeof(err)), 0);
	ck_assert_str_eq(text, "broker-0/0 broker-1/0 ");
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

START_TEST(a_topic_that_cannot_be_created_tells_why)
{
	mock = mock_new(2);
	client = open_client(mock_namesrv(mock), NULL);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "no blanks", 1, 0, err, sizeof(err)), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, NULL, 1, 0, err, sizeof(err)), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 0, 0, err, sizeof(err)), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 65536, 0, err, sizeof(err)), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_client_create_topic(client, "elsewhere", "T", 1, 0, err, sizeof(err)), -LMQ_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err, "elsewhere"));
	mock_script(mock, 1, LMI_REQ_UPDATE_AND_CREATE_TOPIC, LMQ_MOCK_REFUSE, LMI_RSP_NO_PERMISSION, 1);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 1, 0, err, sizeof(err)), -LMQ_EREMOTE);
	ck_assert_ptr_nonnull(strstr(err, "broker-1"));
	mock_script(mock, 0, LMI_REQ_UPDATE_AND_CREATE_TOPIC, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 1, 100, err, sizeof(err)), -LMQ_ETIMEOUT);
	mock_script(mock, MOCK_NAMESRV, LMI_REQ_GET_BROKER_CLUSTER_INFO, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 1);
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "T", 1, 0, err, sizeof(err)), -LMQ_EREMOTE);
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

static void keep_line(void *user, enum lmq_log_level level, const char *line)
{
	(void)level;
	(void)line;
	tally_add(user);
}

START_TEST(the_log_callback_hears_of_lost_connections)
{
	static struct tally lines = TALLY_INIT;
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_producer *producer = NULL;
	struct lmq_message *m = lmq_message_new("T", "x", 1);

	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	ck_assert_int_eq(lmq_config_set(cfg, "namesrvAddr", mock_namesrv(mock), NULL, 0), 0);
	lmq_config_on_log(cfg, LMQ_LOG_INFO, keep_line, &lines);
	ck_assert_int_eq(lmq_client_new(cfg, &client, NULL, 0), 0);
	lmq_config_free(cfg);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	ck_assert_int_eq(lmq_producer_send(producer, m, 0, NULL), 0);
	mock_disconnect(mock, 0);
	ck_assert(tally_wait(&lines, 1));
	lmq_message_free(m);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

LMT_MAIN("client", bad_name_server_lists_are_refused, ids_are_unique_unless_an_instance_is_named,
	 a_client_lives_until_its_last_user_is_freed, the_librarys_threads_take_no_signals,
	 queues_are_listed_in_the_common_order, an_unreachable_name_server_is_named, a_topic_is_created_on_every_broker,
	 a_topic_that_cannot_be_created_tells_why, the_log_callback_hears_of_lost_connections)
