/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ext_key.h"

static const struct {
	const char *name;
	uint8_t n;
} names[LMI_EXT_LAST] = {
#define X(id, text) [LMI_EXT_##id] = { text, sizeof(text) - 1 },
	LMI_EXT_KEYS(X)
#undef X
};

#define TABLE 1024u /* a power of two, several times the number of keys */

static uint8_t table[TABLE]; /* filled once, before main */
_Static_assert(LMI_EXT_LAST < 256, "the table holds bytes");

/* First, middle and last byte with the length tell nearly all names apart. */
static unsigned int hash(const uint8_t *p, size_t n)
{
	unsigned int h = (unsigned int)n * 0x9E3779B1u;

	h = (h ^ p[0]) * 0x01000193u;
	h = (h ^ p[n / 2]) * 0x01000193u;
	h = (h ^ p[n - 1]) * 0x01000193u;
	return h >> 22;
}

static void __attribute__((constructor)) fill(void)
{
	for (unsigned int k = 1; k < LMI_EXT_LAST; k++) {
		unsigned int at = hash((const uint8_t *)names[k].name, names[k].n);

		while (table[at])
			at = (at + 1) % TABLE;
		table[at] = (uint8_t)k;
	}
}

enum lmi_ext_key lmi_ext_key_find(struct lmi_span name)
{
	unsigned int at;

	if (name.n == 0 || name.n > 255)
		return LMI_EXT_UNKNOWN;
	for (at = hash(name.p, name.n); table[at]; at = (at + 1) % TABLE) {
		unsigned int k = table[at];

		if (names[k].n == name.n && memcmp(names[k].name, name.p, name.n) == 0)
			return k;
	}
	return LMI_EXT_UNKNOWN;
}

struct lmi_span lmi_ext_key_name(enum lmi_ext_key key)
{
	return lmi_span(names[key].name, names[key].n);
}
