/* SPDX-License-Identifier: Apache-2.0 */
/* A Java configuration from its file to what is printed of it. */
#include <errno.h>
#include <stdlib.h>

#include "conf/conf_import.h"

/* One byte more than may be, so that a longer file shows. */
static int read_file(const char *path, struct lmi_buf *b)
{
	FILE *f = fopen(path, "re");
	int err = f ? 0 : -errno;
	uint8_t *p = lmi_buf_reserve(b, CONF_FILE_MAX + 1);

	if (f && !p)
		err = -ENOMEM;
	if (f && p) {
		lmi_buf_commit(b, fread(p, 1, CONF_FILE_MAX + 1, f));
		if (ferror(f))
			err = errno ? -errno : -EIO;
	}
	if (f)
		fclose(f);
	return err;
}

static void print(const struct lmi_buf *b, FILE *out)
{
	fwrite(lmi_buf_data(b), 1, lmi_buf_len(b), out);
}

int conf_import_run(const struct conf_table *t, const char *path, bool json, FILE *out, FILE *err)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf text = { 0 }, made = { 0 }, report = { 0 };
	struct conf_import *im = NULL;
	bool whole = false;
	int r = read_file(path, &text);

	if (r == 0)
		r = conf_import_new(t ? t : conf_import_table(lmi_buf_span(&text)), lmi_buf_span(&text), &im);
	if (r == 0) {
		whole = conf_import_is_whole(im);
		if (json)
			conf_import_put_json(im, path, &made);
		else
			conf_import_put_yaml(im, path, &made);
		conf_import_put_report(im, path, &report);
		r = made.failed || report.failed ? -ENOMEM : 0;
	}
	conf_import_free(im);
	if (r < 0) {
		fprintf(err, "%s: %s\n", path, r == -LMQ_EMALFORMED ? "a \\u escape without four digits: RocketMQ does not read this file either"
								   : lmi_strerror(r));
		return 1;
	}
	print(&made, out);
	if (!json)
		print(&report, err);
	if (fflush(out) == EOF) {
		fprintf(err, "%s\n", lmi_strerror(-errno));
		return 1;
	}
	return whole ? 0 : 1;
}
