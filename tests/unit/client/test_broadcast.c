/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: in broadcasting each consumer gets every message, keeps its positions in a file of its host, and goes on from there.
 * Shown: against a scripted name server and brokers in this process, in a temporary folder.
 */
#include "consumer_lmt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/local_offset.h"

static char folder[64];
static struct one them[2];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/lmt-broadcast-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Whatever a test may have left. */
static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static void start_one(struct one *o, const char *name, lmq_message_fn *fn)
{
	make(o, open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "messageModel", "BROADCASTING", "localOffsetStoreDir",
			    folder, "instanceName", name, "clientIP", "10.0.0.1", NULL));
	ck_assert_int_eq(lmq_consumer_on_message(o->consumer, fn, NULL), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(o->consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(o->consumer), 0);
}

START_TEST(each_consumer_gets_every_message_and_goes_on_from_its_file)
{
	char path[160], text[4096] = "";
	int fd;

	make_folder();
	begin(1, 4);
	for (int i = 0; i < 100; i++)
		put(0, "T", i % 4, "", i);
	start_one(&them[0], "a", take);
	start_one(&them[1], "b", take);
	ck_assert(tally_wait(&came, 200));
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(seen[i], 2);
	leave(&them[1]);
	leave(&them[0]);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_UPDATE_CONSUMER_OFFSET), 0);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP), 0);
	snprintf(path, sizeof(path), "%s/10.0.0.1@a/g/offsets.json", folder);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_ptr_nonnull(strstr(text, "{\"offsetTable\":{{"));
	ck_assert_ptr_nonnull(strstr(text, "{\"brokerName\":\"broker-0\",\"queueId\":3,\"topic\":\"T\"}:25"));
	for (int i = 100; i < 120; i++)
		put(0, "T", i % 4, "", i);
	start_one(&them[0], "a", take);
	ck_assert(tally_wait(&came, 220));
	for (int i = 0; i < 120; i++)
		ck_assert_int_eq(seen[i], i < 100 ? 2 : 1);
	leave(&them[0]);
	mock_free(mock);
	remove_folder();
}
END_TEST

static enum lmq_consumed refuse(void *user, const struct lmq_message *m)
{
	take(user, m);
	return LMQ_CONSUME_LATER;
}

START_TEST(a_message_that_fails_is_given_up)
{
	make_folder();
	begin(1, 1);
	for (int i = 0; i < 10; i++)
		put(0, "T", 0, "", i);
	start_one(&them[0], "a", refuse);
	ck_assert(tally_wait(&came, 10));
	leave(&them[0]);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK), 0);
	put(0, "T", 0, "", 10);
	start_one(&them[0], "a", take);
	ck_assert(tally_wait(&came, 11));
	ck_assert_int_eq(seen[9], 1);
	ck_assert_int_eq(seen[10], 1);
	leave(&them[0]);
	mock_free(mock);
	remove_folder();
}
END_TEST

static void spoil(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(a_file_that_cannot_be_read_is_replaced_by_the_one_before)
{
	struct local_offsets t;
	struct lmi_buf text = { 0 };
	char path[128];

	make_folder();
	snprintf(path, sizeof(path), "%s/a/b/offsets.json", folder);
	ck_assert_int_eq(local_offsets_open(&t, strdup(path)), 0);
	ck_assert_int_eq(local_offsets_get(&t, "T", "b", 1), -1);
	ck_assert_int_eq(local_offsets_set(&t, "T", "b", 1, 7), 0);
	ck_assert(t.changed);
	local_offsets_put(&t, &text);
	ck_assert_int_eq(local_offsets_write(path, lmi_buf_span(&text)), 0);
	ck_assert_int_eq(local_offsets_write(path, lmi_buf_span(&text)), 0); /* the first is the copy now */
	local_offsets_done(&t);
	spoil(path, "{\"offsetTable\":{{\"brokerName\":\"b\",\"queueId\":1,\"topic\":\"T\"}:9");
	ck_assert_int_eq(local_offsets_open(&t, strdup(path)), 0);
	ck_assert_int_eq(local_offsets_get(&t, "T", "b", 1), 7);
	ck_assert(!t.changed);
	local_offsets_done(&t);
	ck_assert_int_lt(local_offsets_write("/dev/null/x/offsets.json", lmi_buf_span(&text)), 0);
	lmi_buf_done(&text);
	remove_folder();
}
END_TEST

LMT_MAIN("broadcast", each_consumer_gets_every_message_and_goes_on_from_its_file, a_message_that_fails_is_given_up,
	 a_file_that_cannot_be_read_is_replaced_by_the_one_before)
