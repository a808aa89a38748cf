/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "broker/handle/handle.h"

#define REMARK_MAX 1024

void handle_init(struct handle *h)
{
	lmi_arena_init(&h->arena, HANDLE_ARENA_MAX);
	h->scratch = h->trash = (struct lmi_buf){ 0 };
	h->counts = (struct handle_counts){ 0 };
}

void handle_done(struct handle *h)
{
	lmi_arena_done(&h->arena);
	lmi_buf_done(&h->scratch);
	lmi_buf_done(&h->trash);
	stat_table_done(&h->stats);
}

void answer_begin(const struct request *r, struct lmi_command_out *o, int32_t code)
{
	lmi_command_begin(o, r->out, r->cmd->serialize, code, r->cmd->opaque, LMI_FLAG_RESPONSE);
}

void answer_code(const struct request *r, int32_t code)
{
	struct lmi_command_out o;
	answer_begin(r, &o, code);
	lmi_command_end(&o, 0);
}

void answer_error(struct handle *h, const struct request *r, int32_t code, const char *fmt, ...)
{
	char remark[REMARK_MAX];
	struct lmi_command_out o;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(remark, sizeof(remark), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(remark))
		n = sizeof(remark) - 1;
	h->counts.refused++;
	answer_begin(r, &o, code);
	lmi_command_remark(&o, lmi_span(remark, (size_t)n));
	lmi_command_end(&o, 0);
}

void answer_body(const struct request *r, struct lmi_span body)
{
	struct lmi_command_out o;
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(r->out, body);
}

void answer_i64(const struct request *r, enum lmi_ext_key key, int64_t value)
{
	struct lmi_command_out o;
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, key, value);
	lmi_command_end(&o, 0);
}

struct lmi_buf *scratch_json(struct handle *h, struct lmi_json_out *o)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_json_out_init(o, &h->scratch);
	return &h->scratch;
}

/* ---- fields ---- */

static void note(enum lmi_ext_key *first, enum lmi_ext_key key)
{
	if (*first == LMI_EXT_UNKNOWN)
		*first = key;
}

struct lmi_span fields_text(struct fields *f, enum lmi_ext_key key)
{
	struct lmi_span v = lmi_command_ext(f->cmd, key);
	if (!v.p)
		note(&f->missing, key);
	return v;
}

int32_t fields_i32(struct fields *f, enum lmi_ext_key key)
{
	int32_t v = 0;
	int err = lmi_command_ext_i32(f->cmd, key, &v);
	if (err)
		note(err == -LMQ_ENOTFOUND ? &f->missing : &f->broken, key);
	return v;
}

int64_t fields_i64(struct fields *f, enum lmi_ext_key key)
{
	int64_t v = 0;
	int err = lmi_command_ext_i64(f->cmd, key, &v);
	if (err)
		note(err == -LMQ_ENOTFOUND ? &f->missing : &f->broken, key);
	return v;
}

struct lmi_span fields_text_or(const struct fields *f, enum lmi_ext_key key, struct lmi_span otherwise)
{
	struct lmi_span v = lmi_command_ext(f->cmd, key);
	return v.p ? v : otherwise;
}

int32_t fields_i32_or(struct fields *f, enum lmi_ext_key key, int32_t otherwise)
{
	int err = lmi_command_ext_i32(f->cmd, key, &otherwise);
	if (err && err != -LMQ_ENOTFOUND)
		note(&f->broken, key);
	return otherwise;
}

int64_t fields_i64_or(struct fields *f, enum lmi_ext_key key, int64_t otherwise)
{
	int err = lmi_command_ext_i64(f->cmd, key, &otherwise);
	if (err && err != -LMQ_ENOTFOUND)
		note(&f->broken, key);
	return otherwise;
}

bool fields_bool_or(const struct fields *f, enum lmi_ext_key key, bool otherwise)
{
	lmi_command_ext_bool(f->cmd, key, &otherwise);
	return otherwise;
}

bool fields_ok(struct handle *h, const struct request *r, const struct fields *f)
{
	if (f->missing != LMI_EXT_UNKNOWN) {
		struct lmi_span name = lmi_ext_key_name(f->missing);
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the request lacks its field %.*s", SPAN_ARGS(name));
		return false;
	}
	if (f->broken != LMI_EXT_UNKNOWN) {
		struct lmi_span name = lmi_ext_key_name(f->broken);
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "field %.*s of the request is not a number that fits",
			     SPAN_ARGS(name));
		return false;
	}
	return true;
}
