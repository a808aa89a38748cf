/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message's bytes in the commit log, in pull answers and everywhere else it
 * travels whole: record versions 1 and 2, IPv4 and IPv6 hosts.
 * Rule: MessageExtEncoder, MessageDecoder, CommitLog.
 */
#ifndef LMI_WIRE_RECORD_H
#define LMI_WIRE_RECORD_H

#include "base/bytes.h"
#include "base/error.h"

#define LMI_RECORD_MAGIC_V1 0xDAA320A7u
#define LMI_RECORD_MAGIC_V2 0xDAA320ABu
#define LMI_RECORD_MAGIC_BLANK 0xCBD43194u
#define LMI_RECORD_FIXED_V4 91u /* v1, both hosts IPv4, empty body, topic and properties */

enum {
	LMI_SYSFLAG_COMPRESSED = 0x1,
	LMI_SYSFLAG_MULTI_TAGS = 0x2,
	LMI_SYSFLAG_TRANSACTION_MASK = 0xC,
	LMI_SYSFLAG_PREPARED = 0x4,
	LMI_SYSFLAG_COMMIT = 0x8,
	LMI_SYSFLAG_ROLLBACK = 0xC,
	LMI_SYSFLAG_BORNHOST_V6 = 0x10,
	LMI_SYSFLAG_STOREHOST_V6 = 0x20,
	LMI_SYSFLAG_NEED_UNWRAP = 0x40,
	LMI_SYSFLAG_INNER_BATCH = 0x80,
	LMI_SYSFLAG_COMPRESSION_MASK = 0x700
};

struct lmi_host {
	uint8_t addr[16]; /* IPv4 in the first 4 */
	bool v6;
	uint32_t port;
};

struct lmi_record {
	uint32_t total;      /* bytes of the whole record */
	uint32_t magic;
	uint32_t body_crc;
	int32_t queue_id;
	int32_t flag;        /* the application's */
	int64_t queue_pos;
	int64_t log_pos;
	int32_t sysflag;     /* host version bits follow born.v6 and store.v6 when encoding */
	int64_t born_ms;
	struct lmi_host born;
	int64_t store_ms;
	struct lmi_host store;
	int32_t reconsume_times;
	int64_t prepared_pos;
	struct lmi_span body;
	struct lmi_span topic;
	struct lmi_span props; /* properties text */
};

/**
 * Decode the record at the front of @in.
 *
 * Returns 0 and sets *out_rec (borrows from @in; total tells its size); -EAGAIN when @in ends before the
 * record does; 1 for a blank (end of segment) record, with only total (at least 8) and magic set; -LMQ_ECORRUPT when
 * magic or lengths contradict each other.  The body CRC is not checked, see lmi_record_check_crc.
 */
LMI_API int lmi_record_decode(struct lmi_span in, struct lmi_record *out_rec);

/** True when the body's CRC-32 & 0x7FFFFFFF equals the stored one, or the body is empty. */
LMI_API bool lmi_record_check_crc(const struct lmi_record *r);

/** Bytes that lmi_record_encode will write; v2 when the topic is longer than 127 bytes. */
LMI_API size_t lmi_record_bytes(const struct lmi_record *r);

/**
 * Write the record.  total, magic, body_crc and the host bits of sysflag are computed.
 *
 * @dst  lmi_record_bytes(r) bytes
 *
 * Returns the bytes written.  Asserts topic and properties within their formats' limits (checked by callers at the door).
 */
LMI_API size_t lmi_record_encode(const struct lmi_record *r, uint8_t *dst);

/* Patch points in an encoded record, whatever its version. */
#define LMI_RECORD_AT_QUEUE_POS 20
#define LMI_RECORD_AT_LOG_POS 28
#define LMI_RECORD_AT_SYSFLAG 36

#define LMI_OFFSET_MSG_ID_MAX 56
/** Upper-case hex of store host and log position.  Returns 32 or 56 characters; no NUL.  Rule: MessageDecoder.createMessageId. */
LMI_API size_t lmi_offset_msg_id(const struct lmi_host *h, int64_t log_pos, char *out);
/** The reverse.  0 or -LMQ_EMALFORMED. */
LMI_API int lmi_offset_msg_id_parse(struct lmi_span id, struct lmi_host *out_host, int64_t *out_log_pos);

/* sockaddr-free host helpers. */
LMI_API int lmi_host_parse(const char *text, struct lmi_host *out);     /* "1.2.3.4:5", "[::1]:5"; 0 or -LMQ_EMALFORMED */
LMI_API size_t lmi_host_print(const struct lmi_host *h, char *out, size_t cap); /* NUL-terminated, cut to fit; returns length */
#define LMI_HOST_CHARS 64

#endif
