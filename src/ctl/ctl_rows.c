/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of cells as a table, as JSON, as YAML or as names. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

static bool is_number(const char *column) { return column[column[0] == '+'] == '#'; }
static bool is_wide(const char *column) { return column[0] == '+'; }
static bool is_time(const char *column) { return column[column[0] == '+'] == '@'; }
static const char *name_of(const char *column) { return column + strspn(column, "+#@"); }

void ctl_rows_begin(struct ctl_rows *r, struct ctl *c, const char *const *columns)
{
	*r = (struct ctl_rows){ .c = c, .columns = columns };
	while (columns[r->width])
		r->width++;
}

void ctl_cell(struct ctl_rows *r, struct lmi_span text)
{
	struct lmi_span *cells = lmi_arena_grow(&r->c->arena, r->cells, r->count, &r->cap, sizeof(*r->cells));
	uint8_t *copy = cells ? lmi_arena_dup(&r->c->arena, text.p ? text.p : (const uint8_t *)"", text.n) : NULL;
	if (!cells || (!copy && text.n)) {
		r->failed = true;
		return;
	}
	r->cells = cells;
	r->cells[r->count++] = lmi_span(copy, text.n);
}

void ctl_cell_str(struct ctl_rows *r, const char *text) { ctl_cell(r, lmi_span_str(text ? text : "")); }

void ctl_cell_i64(struct ctl_rows *r, int64_t v)
{
	char text[24];
	ctl_cell(r, lmi_span(text, (size_t)snprintf(text, sizeof(text), "%" PRId64, v)));
}

static bool for_programs(const struct ctl *c)
{
	return c->opt.format == CTL_JSON || c->opt.format == CTL_JSONL || c->opt.format == CTL_YAML;
}

void ctl_cell_ms(struct ctl_rows *r, int64_t ms)
{
	char text[40];
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	if (for_programs(r->c)) {
		ctl_cell_i64(r, ms < 0 ? 0 : ms);
		return;
	}
	if (ms <= 0 || !localtime_r(&t, &tm)) {
		ctl_cell_str(r, "-");
		return;
	}
	ctl_cell(r, lmi_span(text, strftime(text, sizeof(text), "%F %T", &tm)));
}

/* ---- forms ---- */

/* What a server called a number is looked at before it stands bare. */
static bool is_bare(struct lmi_span v)
{
	struct lmi_json j;
	struct lmi_json_token t;
	lmi_json_init(&j, v);
	return lmi_json_next(&j, &t) == 0 && t.kind == LMI_JSON_NUMBER && lmi_json_finish(&j) == 0;
}

static void put_cell(struct lmi_json_out *o, const struct ctl_rows *r, size_t row, size_t k)
{
	struct lmi_span v = r->cells[row * r->width + k];
	bool bare = is_number(r->columns[k]) || is_time(r->columns[k]);
	if (bare && is_bare(v))
		lmi_json_put_raw(o, v);
	else if (bare)
		lmi_json_put_null(o);
	else
		lmi_json_put_string(o, v);
}

static void put_object(struct lmi_json_out *o, const struct ctl_rows *r, size_t row)
{
	lmi_json_put_object(o);
	for (size_t k = 0; k < r->width; k++) {
		lmi_json_put_key(o, name_of(r->columns[k]));
		put_cell(o, r, row, k);
	}
	lmi_json_put_object_end(o);
}

static void print_json(const struct ctl_rows *r, size_t rows, bool lines)
{
	struct lmi_json_out o;
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	lmi_json_out_init(&o, &b);
	if (!lines)
		lmi_json_put_array(&o);
	for (size_t i = 0; i < rows; i++) {
		put_object(&o, r, i);
		if (lines) {
			lmi_buf_put8(&b, '\n');
			lmi_json_out_init(&o, &b);
		}
	}
	if (!lines) {
		lmi_json_put_array_end(&o);
		lmi_buf_put8(&b, '\n');
	}
	fwrite(lmi_buf_data(&b), 1, lmi_buf_len(&b), r->c->out);
}

static void print_yaml(const struct ctl_rows *r, size_t rows)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	if (!rows)
		lmi_buf_put_str(&b, "[]\n");
	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < r->width; k++) {
			struct lmi_json_out o;
			lmi_buf_printf(&b, "%s%s: ", k ? "  " : "- ", name_of(r->columns[k]));
			lmi_json_out_init(&o, &b);
			put_cell(&o, r, i, k);
			lmi_buf_put8(&b, '\n');
		}
	fwrite(lmi_buf_data(&b), 1, lmi_buf_len(&b), r->c->out);
}

/* What came from elsewhere may hold anything: no control character reaches a terminal. */
static void print_clean(FILE *out, struct lmi_span s)
{
	for (size_t i = 0; i < s.n; i++)
		fputc(s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i], out);
}

static void print_names(const struct ctl_rows *r, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		print_clean(r->c->out, r->cells[i * r->width]);
		fputc('\n', r->c->out);
	}
}

static size_t chars(struct lmi_span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static void print_padded(const struct ctl_rows *r, size_t k, struct lmi_span s, size_t width)
{
	bool last = true;
	for (size_t i = k + 1; i < r->width; i++)
		last = last && is_wide(r->columns[i]) && r->c->opt.format != CTL_WIDE;
	int pad = (int)(width > chars(s) ? width - chars(s) : 0);
	if (is_number(r->columns[k]))
		fprintf(r->c->out, "%*s", pad, "");
	print_clean(r->c->out, s);
	if (last)
		fputc('\n', r->c->out);
	else
		fprintf(r->c->out, "%*s", is_number(r->columns[k]) ? 2 : pad + 2, "");
}

static void print_table(const struct ctl_rows *r, size_t rows)
{
	bool wide = r->c->opt.format == CTL_WIDE;
	for (size_t i = 0; i <= rows; i++)
		for (size_t k = 0; k < r->width; k++) {
			size_t width = strlen(name_of(r->columns[k]));
			if (is_wide(r->columns[k]) && !wide)
				continue;
			for (size_t j = 0; j < rows; j++)
				if (chars(r->cells[j * r->width + k]) > width)
					width = chars(r->cells[j * r->width + k]);
			print_padded(r, k, i ? r->cells[(i - 1) * r->width + k] : lmi_span_str(name_of(r->columns[k])), width);
		}
}

enum ctl_exit ctl_rows_end(struct ctl_rows *r)
{
	size_t rows = r->count / r->width;
	if (r->failed) {
		ctl_say(r->c, "out of memory");
		return CTL_REFUSED;
	}
	switch (r->c->opt.format) {
	case CTL_JSON:
	case CTL_JSONL:
		print_json(r, rows, r->c->opt.format == CTL_JSONL);
		break;
	case CTL_YAML:
		print_yaml(r, rows);
		break;
	case CTL_NAME:
		print_names(r, rows);
		break;
	case CTL_TABLE:
	case CTL_WIDE:
		print_table(r, rows);
		break;
	}
	return CTL_DONE;
}
