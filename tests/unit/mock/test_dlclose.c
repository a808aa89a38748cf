/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a program that loads the library, uses it and unloads it again keeps nothing of it: no thread, no descriptor, no mapping.
 * Shown: the built library, loaded, used against its own mock and unloaded, several times.
 */
#include "tests/support/lmt.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lightmq/lightmq.h>
#include <lightmq/mock.h>

#define ROUNDS 5

static void *lib;

/* @name  of a function with the type of @fn */
#define LOAD(fn) __typeof__(fn) *const p_##fn = (__typeof__(fn) *)(uintptr_t)dlsym(lib, #fn); ck_assert_ptr_nonnull((void *)(uintptr_t)p_##fn)

static int entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static bool mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, "liblightmq.so") != NULL;
	if (f)
		fclose(f);
	return found;
}

static void use(void)
{
	LOAD(lmq_mock_new);
	LOAD(lmq_mock_topic);
	LOAD(lmq_mock_namesrv);
	LOAD(lmq_mock_free);
	LOAD(lmq_config_new);
	LOAD(lmq_config_set);
	LOAD(lmq_config_free);
	LOAD(lmq_client_new);
	LOAD(lmq_client_free);
	LOAD(lmq_producer_new);
	LOAD(lmq_producer_send);
	LOAD(lmq_producer_free);
	LOAD(lmq_message_new);
	LOAD(lmq_message_free);
	struct lmq_config *cfg = p_lmq_config_new();
	struct lmq_message *m = p_lmq_message_new("T", "x", 1);
	struct lmq_mock *mock;
	struct lmq_client *client;
	struct lmq_producer *producer;

	ck_assert_int_eq(p_lmq_mock_new(1, &mock), 0);
	ck_assert_int_eq(p_lmq_mock_topic(mock, "T", 1), 0);
	ck_assert_int_eq(p_lmq_config_set(cfg, "namesrvAddr", p_lmq_mock_namesrv(mock), NULL, 0), 0);
	ck_assert_int_eq(p_lmq_client_new(cfg, &client, NULL, 0), 0);
	ck_assert_int_eq(p_lmq_producer_new(client, "pg", NULL, &producer), 0);
	ck_assert_int_eq(p_lmq_producer_send(producer, m, 0, NULL), 0);
	p_lmq_producer_free(producer);
	p_lmq_client_free(client);
	p_lmq_message_free(m);
	p_lmq_config_free(cfg);
	p_lmq_mock_free(mock);
}

START_TEST(the_library_can_be_unloaded)
{
	const char *built = getenv("top_builddir");
	char path[512];
	int fds, tasks;

	snprintf(path, sizeof(path), "%s/lib/.libs/liblightmq.so", built ? built : ".");
	fds = entries("/proc/self/fd");
	tasks = entries("/proc/self/task");
	for (int i = 0; i < ROUNDS; i++) {
		lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		ck_assert_msg(lib != NULL, "%s", dlerror());
		use();
		ck_assert_int_eq(dlclose(lib), 0);
		ck_assert(!mapped());
		ck_assert_int_eq(entries("/proc/self/fd"), fds);
		ck_assert_int_eq(entries("/proc/self/task"), tasks);
	}
}
END_TEST

LMT_MAIN("dlclose", the_library_can_be_unloaded)
