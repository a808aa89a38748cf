/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decoded frame: RocketMQ's RemotingCommand with either header type.
 * Everything in a decoded command borrows from the frame or the arena.
 */
#ifndef LMI_WIRE_COMMAND_H
#define LMI_WIRE_COMMAND_H

#include "base/arena.h"
#include "base/buf.h"
#include "wire/codes.h"
#include "wire/ext_key.h"
#include "wire/frame.h"

enum lmi_serialize { LMI_SERIALIZE_JSON = 0, LMI_SERIALIZE_ROCKETMQ = 1 };

enum { LMI_FLAG_RESPONSE = 1, LMI_FLAG_ONEWAY = 2 };

#define LMI_COMMAND_EXT_MAX 256u          /* extFields in one header */
#define LMI_COMMAND_HEADER_MAX (1u << 20) /* bytes of header; properties may take 32 KiB of it, escaped */

/* One extField.  Values are decoded (JSON escapes resolved) UTF-8 bytes. */
struct lmi_ext {
	enum lmi_ext_key key; /* LMI_EXT_UNKNOWN when the name is not in the table */
	struct lmi_span name;
	struct lmi_span value;
};

struct lmi_command {
	int32_t code;
	int32_t opaque;
	int32_t flag;
	int32_t version;
	uint8_t language; /* enum lmi_language; unknown names become LMI_LANGUAGE_OTHER */
	enum lmi_serialize serialize;
	struct lmi_span remark; /* p == NULL: absent */
	struct lmi_ext *ext;
	uint32_t ext_count;
	struct lmi_span body; /* empty when absent */
};

/**
 * Decode one whole frame (as cut by lmi_frame_cut).
 *
 * @frame    borrowed for as long as the command is used
 * @arena    holds the ext array and unescaped text; no other memory is taken
 * @out_cmd  changed only on success
 *
 * Returns 0; -LMQ_EMALFORMED (bad header length, header type, JSON, lengths); -LMQ_ETOOBIG (header
 * or extFields above their limits); -ENOMEM (arena exhausted).  On any error close the connection.
 * Rule: RemotingCommand.decode, RocketMQSerializable, RemotingSerializable (fastjson leniency).
 */
LMI_API int lmi_command_decode(struct lmi_span frame, struct lmi_arena *arena, struct lmi_command *out_cmd);

/** The value of an extField, last one wins; p == NULL when absent.  A present empty value has p != NULL. */
LMI_API struct lmi_span lmi_command_ext(const struct lmi_command *c, enum lmi_ext_key key);

/*
 * Typed reads.  Return 0; -LMQ_ENOTFOUND when absent (*out untouched, so preset the default);
 * -LMQ_EMALFORMED when the text is not such a number.  bool: "true" in any case is true, all else false, as Java.
 */
LMI_API int lmi_command_ext_i32(const struct lmi_command *c, enum lmi_ext_key key, int32_t *out);
LMI_API int lmi_command_ext_i64(const struct lmi_command *c, enum lmi_ext_key key, int64_t *out);
LMI_API int lmi_command_ext_bool(const struct lmi_command *c, enum lmi_ext_key key, bool *out);

/*
 * Encoding straight into an output buffer, without building a struct:
 *
 *	struct lmi_command_out o;
 *	lmi_command_begin(&o, buf, type, code, opaque, flag);
 *	lmi_command_put_i64(&o, LMI_EXT_QUEUE_OFFSET, 7);
 *	lmi_command_put(&o, LMI_EXT_MSG_ID, span);
 *	lmi_command_remark(&o, "…");
 *	lmi_command_end(&o, body_bytes);     // then append exactly body_bytes
 *
 * A begun command must be ended before anything else is put into the buffer.
 */
struct lmi_command_out {
	struct lmi_buf *buf;
	size_t start;     /* of the frame, relative to buf->head */
	size_t ext_at;
	enum lmi_serialize serialize;
	int32_t code, opaque, flag, version;
	uint8_t language;
	uint32_t ext_count;
	struct lmi_span remark; /* borrowed until end */
};

/** version and language default to LMI_VERSION_OURS and LMI_LANGUAGE_JAVA-compatible values; set the fields after begin to change them. */
LMI_API void lmi_command_begin(struct lmi_command_out *o, struct lmi_buf *buf, enum lmi_serialize type, int32_t code,
			       int32_t opaque, int32_t flag);
LMI_API void lmi_command_put(struct lmi_command_out *o, enum lmi_ext_key key, struct lmi_span value);
LMI_API void lmi_command_put_name(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value);
LMI_API void lmi_command_put_i64(struct lmi_command_out *o, enum lmi_ext_key key, int64_t value);
LMI_API void lmi_command_put_bool(struct lmi_command_out *o, enum lmi_ext_key key, bool value);
static inline void lmi_command_remark(struct lmi_command_out *o, struct lmi_span remark) { o->remark = remark; }
/** Patch lengths.  Memory failure shows in buf->failed. */
LMI_API void lmi_command_end(struct lmi_command_out *o, size_t body_bytes);

#endif
