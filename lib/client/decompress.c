/* SPDX-License-Identifier: Apache-2.0 */
#include "client/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "wire/record.h"

#define KIND_OLD_ZLIB 0x000 /* clients that knew only one kind */
#define KIND_ZLIB 0x300
#define FIRST_FACTOR 4      /* first guess: unpacked is so many times packed */
#define FIRST_MIN 4096

/* Inflate into a buffer that doubles; one byte of room above max tells "too long" from "cut short". */
static int inflate_all(z_stream *z, size_t cap, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	uint8_t *buf = NULL;
	int state = Z_OK;

	while (state == Z_OK && z->total_out <= max_bytes) {
		uint8_t *more = realloc(buf, cap + 1);

		if (!more) {
			free(buf);
			return -ENOMEM;
		}
		buf = more;
		z->next_out = buf + z->total_out;
		z->avail_out = (uInt)(cap - z->total_out);
		state = inflate(z, Z_NO_FLUSH);
		if (state == Z_OK && z->avail_out > 0)
			state = Z_DATA_ERROR; /* the text ended before the stream did */
		cap = cap * 2 < max_bytes + 1 ? cap * 2 : max_bytes + 1;
	}
	if (state != Z_STREAM_END || z->total_out > max_bytes) {
		free(buf);
		if (z->total_out > max_bytes)
			return -LMQ_ETOOBIG;
		return state == Z_MEM_ERROR ? -ENOMEM : -LMQ_EMALFORMED;
	}
	buf[z->total_out] = '\0';
	*out = buf;
	*out_bytes = z->total_out;
	return 0;
}

static int unzlib(struct lmi_span packed, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	size_t cap = packed.n * FIRST_FACTOR > FIRST_MIN ? packed.n * FIRST_FACTOR : FIRST_MIN;
	z_stream z = { 0 };
	int r;

	if (packed.n > UINT32_MAX)
		return -LMQ_ETOOBIG;
	z.next_in = (Bytef *)(uintptr_t)packed.p;
	z.avail_in = (uInt)packed.n;
	if (inflateInit(&z) != Z_OK)
		return -ENOMEM;
	r = inflate_all(&z, cap < max_bytes ? cap : max_bytes + 1, max_bytes, out, out_bytes);
	inflateEnd(&z);
	return r;
}

int decompress_body(int32_t sysflag, struct lmi_span packed, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	switch (sysflag & LMI_SYSFLAG_COMPRESSION_MASK) {
	case KIND_OLD_ZLIB:
	case KIND_ZLIB:
		return unzlib(packed, max_bytes, out, out_bytes);
	default:
		return -LMQ_EUNSUPPORTED;
	}
}
