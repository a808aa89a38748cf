/* SPDX-License-Identifier: Apache-2.0 */
#include "client/compress.h"

#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "wire/record.h"

#define KIND_LZ4 0x100
#define KIND_ZSTD 0x200
#define KIND_ZLIB 0x300

/* Each returns the bytes made, 0 when something failed. */

static size_t pack_zlib(int level, struct lmi_span body, uint8_t *out, size_t room)
{
	uLongf n = room;

	return compress2(out, &n, body.p, body.n, level) == Z_OK ? n : 0;
}

static size_t pack_lz4(int level, struct lmi_span body, uint8_t *out, size_t room)
{
	LZ4F_preferences_t how = { .frameInfo = { .contentSize = body.n }, .compressionLevel = level < 3 ? 0 : level };
	size_t n = LZ4F_compressFrame(out, room, body.p, body.n, &how);

	return LZ4F_isError(n) ? 0 : n;
}

static size_t pack_zstd(int level, struct lmi_span body, uint8_t *out, size_t room)
{
	size_t n = ZSTD_compress(out, room, body.p, body.n, level);

	return ZSTD_isError(n) ? 0 : n;
}

static size_t bound_zlib(size_t body_bytes) { return compressBound(body_bytes); }

static const struct packer {
	size_t (*bound)(size_t body_bytes);
	size_t (*pack)(int level, struct lmi_span body, uint8_t *out, size_t room);
	int32_t kind;
} packers[] = {
	[COMPRESS_ZLIB] = { bound_zlib, pack_zlib, KIND_ZLIB },
	[COMPRESS_LZ4] = { NULL, pack_lz4, KIND_LZ4 },
	[COMPRESS_ZSTD] = { ZSTD_compressBound, pack_zstd, KIND_ZSTD },
};

int32_t compress_body(enum compress_kind kind, int level, struct lmi_span body, uint8_t **out, size_t *out_bytes)
{
	const struct packer *p = &packers[kind];
	size_t room = p->bound ? p->bound(body.n) : LZ4F_compressFrameBound(body.n, NULL), n;
	uint8_t *packed = malloc(room);

	if (!packed)
		return -ENOMEM;
	n = p->pack(level, body, packed, room);
	if (n == 0 || n >= body.n) {
		free(packed);
		return 0;
	}
	*out = packed;
	*out_bytes = n;
	return LMI_SYSFLAG_COMPRESSED | p->kind;
}
