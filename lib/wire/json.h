/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in RocketMQ's dialect: a pull parser without allocation that gives
 * spans into the text, and a writer.  Reads what fastjson 1.2 reads of the protocol's
 * texts: bare number keys {0:"…"}, object keys {{"a":1}:2}, any key order.  Not read: comments, single quotes, NaN.
 */
#ifndef LMI_WIRE_JSON_H
#define LMI_WIRE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define LMI_JSON_DEPTH_MAX 32

enum lmi_json_kind {
	LMI_JSON_END = 0,      /* the text is complete */
	LMI_JSON_OBJECT,       /* '{' */
	LMI_JSON_OBJECT_END,
	LMI_JSON_ARRAY,        /* '[' */
	LMI_JSON_ARRAY_END,
	LMI_JSON_KEY,          /* text: the key; key_kind tells what it was */
	LMI_JSON_STRING,
	LMI_JSON_NUMBER,
	LMI_JSON_BOOL,
	LMI_JSON_NULL
};

struct lmi_json_token {
	enum lmi_json_kind kind;
	enum lmi_json_kind key_kind; /* of a KEY: STRING, NUMBER (bare) or OBJECT (raw text of an object) */
	struct lmi_span text;        /* string: between the quotes, still escaped; number, bool, object key: as written */
	bool escaped;                /* the string holds backslashes */
	bool truth;                  /* of a BOOL */
};

struct lmi_json {
	const uint8_t *p, *begin, *end;
	uint8_t stack[LMI_JSON_DEPTH_MAX];
	unsigned int depth;
	uint8_t state;
	int error; /* sticky */
};

LMI_API void lmi_json_init(struct lmi_json *j, struct lmi_span text);

/** Returns 0 with *out set; -LMQ_EMALFORMED; -LMQ_EDEPTH.  Errors are sticky. */
LMI_API int lmi_json_next(struct lmi_json *j, struct lmi_json_token *out);

/**
 * Where a value comes: go into it.
 *
 * @kind  LMI_JSON_OBJECT or LMI_JSON_ARRAY
 *
 * Returns 1 when inside; 0 when the value was null (passed over); -LMQ_EMALFORMED for another kind; as lmi_json_next.
 */
LMI_API int lmi_json_enter(struct lmi_json *j, enum lmi_json_kind kind);

/** Inside an object: returns 1 with the next KEY; 0 when the object has ended; errors as lmi_json_next. */
LMI_API int lmi_json_member(struct lmi_json *j, struct lmi_json_token *out_key);

/** Inside an array: returns 1 when an element comes (read it); 0 when the array has ended; errors as lmi_json_next. */
LMI_API int lmi_json_element(struct lmi_json *j);

/** After a value: returns 0 when the text ends here; errors as lmi_json_next. */
LMI_API int lmi_json_finish(struct lmi_json *j);

/** After a KEY, or where an element of an array comes: pass over its value, whatever it is.  Errors as lmi_json_next. */
LMI_API int lmi_json_skip(struct lmi_json *j);

/** After a KEY: pass over its value and give its raw text (for nested decoders). */
LMI_API int lmi_json_raw(struct lmi_json *j, struct lmi_span *out_raw);

/**
 * Plain text of a STRING or KEY token (as written: of a NUMBER or BOOL); borrows from the text when nothing is escaped,
 * else from the arena.  A lone surrogate becomes U+FFFD.
 *
 * Returns 0 (then out->p != NULL, also when empty); -LMQ_EMALFORMED for an escape that is none; -ENOMEM.
 */
LMI_API int lmi_json_text(const struct lmi_json_token *t, struct lmi_arena *a, struct lmi_span *out);

LMI_API bool lmi_json_is_escaped(const struct lmi_json_token *t, const char *s);

/** Compare a KEY or STRING token with plain text (no escapes in s). */
static inline bool lmi_json_is(const struct lmi_json_token *t, const char *s)
{
	return t->escaped ? lmi_json_is_escaped(t, s) : lmi_span_is(t->text, s);
}

/*
 * Typed values, as leniently as fastjson: a number, or a string holding a number; a bool, or its string; null, and for
 * numbers and bools the empty text, leave *out alone (returns 0).  Each reads the next token.  -LMQ_EMALFORMED on another
 * kind or out of range.  lmi_json_string also takes numbers and bools, as written.
 */
LMI_API int lmi_json_i64(struct lmi_json *j, int64_t *out);
LMI_API int lmi_json_i32(struct lmi_json *j, int32_t *out);
LMI_API int lmi_json_bool(struct lmi_json *j, bool *out);
LMI_API int lmi_json_string(struct lmi_json *j, struct lmi_arena *a, struct lmi_span *out); /* null: *out = LMI_SPAN_NULL */

/*
 * Writer: the caller calls in the right order; commas are put by themselves.
 */
struct lmi_json_out {
	struct lmi_buf *buf;
	bool comma, after_key; /* what stands before the place where it is */
	bool ascii_only;     /* escape non-ASCII as \uXXXX, and the slash (fastjson BrowserCompatible) */
	unsigned int indent; /* 0: compact, as fastjson toJSONString; else a line a member, tabs (PrettyFormat) */
	unsigned int level;  /* how deep it is now */
};

LMI_API void lmi_json_out_init(struct lmi_json_out *o, struct lmi_buf *buf);
LMI_API void lmi_json_put_object(struct lmi_json_out *o);
LMI_API void lmi_json_put_object_end(struct lmi_json_out *o);
LMI_API void lmi_json_put_array(struct lmi_json_out *o);
LMI_API void lmi_json_put_array_end(struct lmi_json_out *o);
LMI_API void lmi_json_put_key(struct lmi_json_out *o, const char *key);
LMI_API void lmi_json_put_key_span(struct lmi_json_out *o, struct lmi_span key);
LMI_API void lmi_json_put_key_int(struct lmi_json_out *o, int64_t key, bool quoted);
LMI_API void lmi_json_put_key_raw(struct lmi_json_out *o, struct lmi_span raw); /* object keys */
LMI_API void lmi_json_put_string(struct lmi_json_out *o, struct lmi_span s);
LMI_API void lmi_json_put_str(struct lmi_json_out *o, const char *s);
LMI_API void lmi_json_put_i64(struct lmi_json_out *o, int64_t v);
LMI_API void lmi_json_put_bool(struct lmi_json_out *o, bool v);
LMI_API void lmi_json_put_null(struct lmi_json_out *o);
LMI_API void lmi_json_put_raw(struct lmi_json_out *o, struct lmi_span raw);
/** Copy raw JSON without the blanks and line ends between its tokens. */
LMI_API void lmi_json_put_compact(struct lmi_buf *b, struct lmi_span raw);

/** Escape into a buffer, with the quotes. */
LMI_API void lmi_json_put_quoted(struct lmi_buf *b, struct lmi_span s, bool ascii_only);

#endif
