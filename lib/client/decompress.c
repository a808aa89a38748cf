/* SPDX-License-Identifier: Apache-2.0 */
#include "client/decompress.h"

#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "wire/record.h"

#define KIND_OLD_ZLIB 0x000 /* clients that knew only one kind */
#define KIND_LZ4 0x100
#define KIND_ZSTD 0x200
#define KIND_ZLIB 0x300
#define FIRST_FACTOR 4      /* first guess: unpacked is so many times packed */
#define FIRST_MIN 4096
#define ZSTD_WINDOW_LOG 24  /* bodies are 4 MiB; a sender must not make us take 128 MiB for a window */

/* One library's stream. */
struct unpacker {
	/**
	 * Unpack some of @in into @room bytes at @out; sets how much was used and made.
	 * Returns 1 at the end of the stream, 0 to go on, negative on failure.
	 */
	int (*step)(struct unpacker *u, struct lmi_span in, size_t *used, uint8_t *out, size_t room, size_t *made);
	void (*done)(struct unpacker *u);
	union {
		z_stream z;
		LZ4F_dctx *lz4;
		ZSTD_DCtx *zstd;
	};
};

static int zlib_step(struct unpacker *u, struct lmi_span in, size_t *used, uint8_t *out, size_t room, size_t *made)
{
	uInt in_n = in.n < UINT32_MAX ? (uInt)in.n : UINT32_MAX, out_n = room < UINT32_MAX ? (uInt)room : UINT32_MAX;
	int r;

	u->z.next_in = (Bytef *)(uintptr_t)in.p;
	u->z.avail_in = in_n;
	u->z.next_out = out;
	u->z.avail_out = out_n;
	r = inflate(&u->z, Z_NO_FLUSH);
	*used = in_n - u->z.avail_in;
	*made = out_n - u->z.avail_out;
	if (r == Z_STREAM_END)
		return 1;
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_OK || r == Z_BUF_ERROR ? 0 : -LMQ_EMALFORMED;
}

static void zlib_done(struct unpacker *u)
{
	inflateEnd(&u->z);
}

static int lz4_step(struct unpacker *u, struct lmi_span in, size_t *used, uint8_t *out, size_t room, size_t *made)
{
	size_t hint;

	*used = in.n;
	*made = room;
	hint = LZ4F_decompress(u->lz4, out, made, in.p, used, NULL);
	if (LZ4F_isError(hint))
		return -LMQ_EMALFORMED;
	return hint == 0;
}

static void lz4_done(struct unpacker *u)
{
	LZ4F_freeDecompressionContext(u->lz4);
}

static int zstd_step(struct unpacker *u, struct lmi_span in, size_t *used, uint8_t *out, size_t room, size_t *made)
{
	ZSTD_inBuffer i = { in.p, in.n, 0 };
	ZSTD_outBuffer o = { out, room, 0 };
	size_t hint = ZSTD_decompressStream(u->zstd, &o, &i);

	*used = i.pos;
	*made = o.pos;
	if (ZSTD_isError(hint))
		return -LMQ_EMALFORMED;
	return hint == 0;
}

static void zstd_done(struct unpacker *u)
{
	ZSTD_freeDCtx(u->zstd);
}

static int unpacker_init(struct unpacker *u, int32_t kind)
{
	switch (kind) {
	case KIND_OLD_ZLIB:
	case KIND_ZLIB:
		*u = (struct unpacker){ .step = zlib_step, .done = zlib_done };
		return inflateInit(&u->z) == Z_OK ? 0 : -ENOMEM;
	case KIND_LZ4:
		*u = (struct unpacker){ .step = lz4_step, .done = lz4_done };
		return LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION)) ? -ENOMEM : 0;
	case KIND_ZSTD:
		*u = (struct unpacker){ .step = zstd_step, .done = zstd_done };
		u->zstd = ZSTD_createDCtx();
		if (u->zstd)
			(void)ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
		return u->zstd ? 0 : -ENOMEM;
	default:
		return -LMQ_EUNSUPPORTED;
	}
}

/* Unpack into a buffer that doubles; one byte of room above max tells "too long" from "cut short". */
static int unpack_all(struct unpacker *u, struct lmi_span in, size_t cap, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	uint8_t *buf = NULL;
	size_t n = 0;
	int r = 0;

	while (r == 0 && n <= max_bytes) {
		uint8_t *more = realloc(buf, cap + 1);
		size_t used = 0, made = 0;

		if (!more) {
			r = -ENOMEM;
			break;
		}
		buf = more;
		r = u->step(u, in, &used, buf + n, cap - n, &made);
		if (r == 0 && used == 0 && made == 0)
			r = -LMQ_EMALFORMED; /* the text ended before the stream did */
		if (used > 0)
			in = lmi_span(in.p + used, in.n - used);
		n += made;
		if (n == cap)
			cap = cap * 2 < max_bytes + 1 ? cap * 2 : max_bytes + 1;
	}
	if (r >= 0 && n > max_bytes)
		r = -LMQ_ETOOBIG;
	if (r < 0) {
		free(buf);
		return r;
	}
	buf[n] = '\0';
	*out = buf;
	*out_bytes = n;
	return 0;
}

int decompress_body(int32_t sysflag, struct lmi_span packed, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	size_t cap = packed.n * FIRST_FACTOR > FIRST_MIN ? packed.n * FIRST_FACTOR : FIRST_MIN;
	struct unpacker u;
	int r = unpacker_init(&u, sysflag & LMI_SYSFLAG_COMPRESSION_MASK);

	if (r < 0)
		return r;
	r = unpack_all(&u, packed, cap < max_bytes ? cap : max_bytes + 1, max_bytes, out, out_bytes);
	u.done(&u);
	return r;
}
