/* SPDX-License-Identifier: Apache-2.0 */
/* Java's String.hashCode; declared in props.h.  Rule: String(bytes, UTF_8), which replaces what is no UTF-8. */
#include "wire/props.h"

#define REPLACEMENT 0xFFFDu

static bool is_tail(const uint8_t *p, const uint8_t *end)
{
	return p < end && (*p & 0xC0) == 0x80;
}

/* How the second byte is bounded by the first, so that nothing is written longer than it must be. */
static bool is_second(uint8_t first, const uint8_t *p, const uint8_t *end)
{
	if (!is_tail(p, end))
		return false;
	switch (first) {
	case 0xE0:
		return *p >= 0xA0;
	case 0xF0:
		return *p >= 0x90;
	case 0xF4:
		return *p < 0x90;
	default:
		return true;
	}
}

/* One character beyond ASCII.  Each broken piece counts as one replacement, of as many bytes as Java takes for it. */
static uint32_t next_wide(const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;
	uint8_t first = *p++;
	int more = first >= 0xF0 && first <= 0xF4 ? 3 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xC2 && first < 0xE0 ? 1 : 0;
	uint32_t c = more ? first & (0x3Fu >> more) : REPLACEMENT;

	for (int i = 0; i < more; i++) {
		if (i == 0 ? !is_second(first, p, end) : !is_tail(p, end)) {
			c = REPLACEMENT;
			break;
		}
		c = c << 6 | (*p++ & 0x3Fu);
	}
	*pp = p;
	return c >= 0xD800 && c <= 0xDFFF ? REPLACEMENT : c;
}

int32_t lmi_java_hash(struct lmi_span utf8)
{
	return lmi_java_hash_on(0, utf8);
}

int32_t lmi_java_hash_on(int32_t before, struct lmi_span utf8)
{
	const uint8_t *p = utf8.p, *end = utf8.n ? p + utf8.n : p;
	uint32_t h = (uint32_t)before;

	while (p < end) {
		uint32_t c;

		if (end - p >= 4 && !(lmi_get32(p) & 0x80808080u)) {
			h = 31u * 31 * 31 * 31 * h + 31u * 31 * 31 * p[0] + 31u * 31 * p[1] + 31u * p[2] + p[3];
			p += 4;
			continue;
		}
		if (*p < 0x80) {
			h = 31 * h + *p++;
			continue;
		}
		c = next_wide(&p, end);
		if (c >= 0x10000) {
			h = 31 * h + 0xD800 + ((c - 0x10000) >> 10);
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		h = 31 * h + c;
	}
	return (int32_t)h;
}
