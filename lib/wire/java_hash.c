/* SPDX-License-Identifier: Apache-2.0 */
/* Java's String.hashCode; declared in props.h. */
#include "wire/props.h"

/* One code point; a byte that cannot start or go on counts as U+FFFD by itself. */
static uint32_t next_code_point(const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;
	uint32_t c = *p++;
	int more = c < 0x80 ? 0 : c >= 0xF0 && c < 0xF5 ? 3 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xC2 && c < 0xE0 ? 1 : -1;

	*pp = p;
	if (more < 0 || end - p < more)
		return 0xFFFD;
	if (more)
		c &= 0x3Fu >> more;
	for (int i = 0; i < more; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0xFFFD;
		c = c << 6 | (p[i] & 0x3F);
	}
	*pp = p + more;
	return c;
}

int32_t lmi_java_hash(struct lmi_span utf8)
{
	const uint8_t *p = utf8.p, *end = p ? p + utf8.n : p;
	uint32_t h = 0;

	while (p < end) {
		uint32_t c;

		if (*p < 0x80) {
			h = 31 * h + *p++;
			continue;
		}
		c = next_code_point(&p, end);
		if (c >= 0x10000) {
			h = 31 * h + 0xD800 + ((c - 0x10000) >> 10);
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		h = 31 * h + c;
	}
	return (int32_t)h;
}
