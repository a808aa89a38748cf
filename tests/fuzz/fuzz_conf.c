/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: any file given as configuration is taken or refused with a complaint that names it, and what was taken is printed
 * so that it is taken again with the same values.  Assignments of the command line too.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"

#include "tests/fuzz/fuzz.h"

static const struct conf_table *const tables[] = { &conf_broker_table, &conf_namesrv_table };

/* A file in memory, by the name that /proc has for it. */
static int memory_file(char *path, size_t cap)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0);
	snprintf(path, cap, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_complaints(const struct conf *c, int r, const char *path)
{
	FUZZ_CHECK(r == 0 || r == -LMQ_EBADCONFIG);
	FUZZ_CHECK((r == 0) == (conf_error(c, 0) == NULL));
	for (size_t i = 0; conf_error(c, i); i++)
		FUZZ_CHECK(i < CONF_ERRORS_MAX && strncmp(conf_error(c, i), path, strlen(path)) == 0);
}

static void check_same(const struct conf_table *t, const struct conf *a, const struct conf *b)
{
	for (const struct conf_key *k = t->keys; k->name; k++) {
		FUZZ_CHECK(conf_i64(a, k->name) == conf_i64(b, k->name));
		FUZZ_CHECK(strcmp(conf_text(a, k->name), conf_text(b, k->name)) == 0);
	}
}

static void check_print(const struct conf_table *t, const struct conf *c)
{
	struct conf *back = conf_new(t);
	char path[64], *text;
	int fd = memory_file(path, sizeof(path));
	size_t n;
	FILE *f = open_memstream(&text, &n);

	FUZZ_CHECK(f && back);
	conf_print(c, f);
	fclose(f);
	FUZZ_CHECK(write(fd, text, n) == (ssize_t)n);
	if (n <= CONF_FILE_MAX) {
		FUZZ_CHECK(conf_load(back, path) == 0);
		check_same(t, c, back);
	}
	free(text);
	close(fd);
	conf_free(back);
}

static void check_file(const struct conf_table *t, const char *path)
{
	struct conf *c = conf_new(t);
	int r;

	FUZZ_CHECK(c);
	r = conf_load(c, path);
	check_complaints(c, r, path);
	if (r == 0)
		check_print(t, c);
	conf_free(c);
}

static void check_assignment(const struct conf_table *t, const char *text)
{
	struct conf *c = conf_new(t);
	int r = conf_set(c, text);

	check_complaints(c, r, "command line: ");
	conf_free(c);
}

static void check_number(struct lmi_span text)
{
	static const enum conf_type types[] = { CONF_INT, CONF_BYTES, CONF_MS, CONF_SECONDS };
	int64_t v;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int r = conf_parse_number(types[i], text, &v);

		FUZZ_CHECK(r == 0 || r == -LMQ_EMALFORMED || r == -ERANGE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], *text = strndup((const char *)data, size);
	int fd = memory_file(path, sizeof(path));

	FUZZ_CHECK(text && write(fd, data, size) == (ssize_t)size);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		check_file(tables[i], path);
		if (!strchr(text, '\n'))
			check_assignment(tables[i], text);
	}
	check_number(lmi_span(data, size));
	close(fd);
	free(text);
	return 0;
}
