/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: ids have RocketMQ's layout and do not repeat, whoever makes them at once.
 * Shown: byte by byte, and by 4 threads that make 64,000 in one millisecond.
 */
#include "tests/support/lmt.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/unique_id.h"

#define THREADS 4
#define EACH 16000

START_TEST(an_ipv4_id_is_address_pid_hash_time_counter)
{
	struct lmi_host host = { .addr = { 10, 0, 0, 1 } };
	struct unique_id_maker maker;
	char id[UNIQUE_ID_CHARS];

	unique_id_init(&maker, &host, 0x12345678, 0xCAFEBABE, 0x1FFFF);
	unique_id_make(&maker, 0x01020304, id);
	ck_assert_str_eq(id, "0A0000015678CAFEBABE01020304FFFF");
	unique_id_make(&maker, 0x01020305, id);
	ck_assert_str_eq(id, "0A0000015678CAFEBABE010203050000");
}
END_TEST

START_TEST(an_ipv6_id_is_56_digits)
{
	struct lmi_host host = { .v6 = true, .addr = { 0xfd, 1, [15] = 9 } };
	struct unique_id_maker maker;
	char id[UNIQUE_ID_CHARS];

	unique_id_init(&maker, &host, 1, 2, 3);
	unique_id_make(&maker, 4, id);
	ck_assert_str_eq(id, "FD01000000000000000000000000000900010000000200000004" "0003");
}
END_TEST

static struct unique_id_maker shared;
static char (*made)[UNIQUE_ID_CHARS];

static void *make_many(void *arg)
{
	size_t first = (size_t)(uintptr_t)arg * EACH;

	for (size_t i = 0; i < EACH; i++)
		unique_id_make(&shared, 77, made[first + i]);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

START_TEST(threads_never_make_the_same_id)
{
	struct lmi_host host = { .addr = { 127, 0, 0, 1 } };
	pthread_t threads[THREADS];

	made = calloc(THREADS * EACH, sizeof(*made));
	unique_id_init(&shared, &host, 1, 2, 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, make_many, (void *)(uintptr_t)i), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	qsort(made, THREADS * EACH, sizeof(*made), by_text);
	for (size_t i = 1; i < THREADS * EACH; i++)
		ck_assert_str_ne(made[i - 1], made[i]);
	free(made);
}
END_TEST

START_TEST(a_month_begins_at_midnight_of_its_first)
{
	/* 2024-02-29 12:34:56.789 UTC; Tokyo is 9 hours ahead */
	ck_assert_int_eq(unique_id_month(1709210096789, 0), 1706745600000);
	ck_assert_int_eq(unique_id_month(1706745600000, 0), 1706745600000);
	ck_assert_int_eq(unique_id_month(1706745599999, 0), 1704067200000);
	ck_assert_int_eq(unique_id_month(1706745599999, 9 * 3600), 1706713200000);
	ck_assert_int_eq(unique_id_month(-1, 0), 0);
}
END_TEST

START_TEST(every_month_of_a_century_begins_as_the_c_library_says)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (int64_t day = 0; day < 36525; day++) {
		time_t t = (time_t)(day * 86400 + 4711);
		struct tm tm;

		gmtime_r(&t, &tm);
		ck_assert_int_eq(unique_id_month((int64_t)t * 1000, 0), (day - tm.tm_mday + 1) * 86400000);
	}
}
END_TEST

LMT_MAIN("unique_id", an_ipv4_id_is_address_pid_hash_time_counter, an_ipv6_id_is_56_digits, threads_never_make_the_same_id,
	 a_month_begins_at_midnight_of_its_first, every_month_of_a_century_begins_as_the_c_library_says)
