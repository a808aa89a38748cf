/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: of any text given as a Java configuration each entry is accounted for, and what is made of it is YAML that the
 * daemon takes with the carried values, lines for people without control characters, and JSON.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_import.h"
#include "wire/json.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_buf out;

/* The last entry of a key is what counts. */
static const struct conf_import_item *last_of(const struct conf_import *im, const char *key)
{
	const struct conf_import_item *it, *found = NULL;

	for (size_t i = 0; (it = conf_import_item(im, i)); i++)
		if (strcmp(it->key, key) == 0)
			found = it;
	return found;
}

static void check_yaml(const struct conf_table *t, const struct conf_import *im)
{
	struct conf *c = conf_new(t);
	char path[64];
	int fd = memfd_create("import", MFD_CLOEXEC);

	FUZZ_CHECK(c && fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	lmi_buf_reset(&out, FUZZ_KEEP_BYTES);
	conf_import_put_yaml(im, "fuzz", &out);
	FUZZ_CHECK(write(fd, lmi_buf_data(&out), lmi_buf_len(&out)) == (ssize_t)lmi_buf_len(&out));
	if (lmi_buf_len(&out) <= CONF_FILE_MAX)
		FUZZ_CHECK(conf_load(c, path) == 0);
	for (const struct conf_key *k = t->keys; k->name && lmi_buf_len(&out) <= CONF_FILE_MAX; k++) {
		const struct conf_import_item *it = last_of(im, k->name);

		if (it && it->what == CONF_IMPORT_CARRIED)
			FUZZ_CHECK(strcmp(conf_text(c, k->name), it->value) == 0);
		else
			FUZZ_CHECK(strcmp(conf_origin(c, k->name), "default") == 0);
	}
	close(fd);
	conf_free(c);
}

static void check_report(const struct conf_import *im)
{
	const struct conf_import_item *it;
	size_t lines = 0, left_out = 0;

	lmi_buf_reset(&out, FUZZ_KEEP_BYTES);
	conf_import_put_report(im, "fuzz", &out);
	for (size_t i = 0; i < lmi_buf_len(&out); i++) {
		uint8_t byte = lmi_buf_data(&out)[i];

		FUZZ_CHECK(byte == '\n' || (byte >= ' ' && byte <= '~'));
		lines += byte == '\n';
	}
	for (size_t i = 0; (it = conf_import_item(im, i)); i++) {
		FUZZ_CHECK(it->what == CONF_IMPORT_CARRIED || it->why);
		left_out += it->what != CONF_IMPORT_CARRIED;
	}
	FUZZ_CHECK(lines == left_out);
}

static void check_json(const struct conf_import *im)
{
	struct lmi_json_token token;
	struct lmi_json j;

	lmi_buf_reset(&out, FUZZ_KEEP_BYTES);
	conf_import_put_json(im, "fuzz", &out);
	lmi_json_init(&j, lmi_buf_span(&out));
	do
		FUZZ_CHECK(lmi_json_next(&j, &token) == 0);
	while (token.kind != LMI_JSON_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_table *const tables[] = { &conf_broker_table, &conf_namesrv_table };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct conf_import *im;
		int r = conf_import_new(tables[i], lmi_span(data, size), &im);

		FUZZ_CHECK(r == 0 || r == -LMQ_EMALFORMED || r == -LMQ_ETOOBIG);
		if (r < 0)
			continue;
		check_yaml(tables[i], im);
		check_report(im);
		check_json(im);
		conf_import_free(im);
	}
	FUZZ_CHECK(conf_import_table(lmi_span(data, size)));
	return 0;
}
