/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are found by a hash of their length and three of their characters, in a table that is filled when the library is
 * loaded and only read after that.  A name costs one probe, at times two, and one comparison.
 */
#include "wire/ext_key.h"

#include <assert.h>

#define SLOT_BITS 9
#define SLOTS (1u << SLOT_BITS)

struct name {
	const char *text;
	uint8_t n;
};

static const struct name names[LMI_EXT_LAST] = {
#define X(id, name) [LMI_EXT_##id] = { name, sizeof(name) - 1 },
	LMI_EXT_KEYS(X)
#undef X
};

_Static_assert(LMI_EXT_LAST <= 256, "a key fits into a byte of the table");
_Static_assert(LMI_EXT_LAST * 2 <= SLOTS, "at most half of the table is full");

static uint8_t slots[SLOTS];  /* enum lmi_ext_key; 0: free */
static uint8_t letters[256]; /* the same for names of one letter, as SendMessageRequestHeaderV2 has them */

static uint32_t slot_of(const uint8_t *p, size_t n)
{
	uint32_t h = (uint32_t)n | (uint32_t)p[0] << 8 | (uint32_t)p[n / 2] << 16 | (uint32_t)p[n - 1] << 24;

	return h * 2654435769u >> (32 - SLOT_BITS);
}

__attribute__((constructor)) static void fill(void)
{
	for (unsigned int key = 1; key < LMI_EXT_LAST; key++) {
		uint32_t i = slot_of((const uint8_t *)names[key].text, names[key].n);

		if (names[key].n == 1) {
			letters[(uint8_t)names[key].text[0]] = (uint8_t)key;
			continue;
		}
		while (slots[i])
			i = (i + 1) % SLOTS;
		slots[i] = (uint8_t)key;
	}
}

enum lmi_ext_key lmi_ext_key_find(struct lmi_span name)
{
	uint32_t i;

	if (name.n < 2)
		return name.n ? (enum lmi_ext_key)letters[name.p[0]] : LMI_EXT_UNKNOWN;
	for (i = slot_of(name.p, name.n); slots[i]; i = (i + 1) % SLOTS)
		if (names[slots[i]].n == name.n && memcmp(names[slots[i]].text, name.p, name.n) == 0)
			return slots[i];
	return LMI_EXT_UNKNOWN;
}

struct lmi_span lmi_ext_key_name(enum lmi_ext_key key)
{
	assert(key > LMI_EXT_UNKNOWN && key < LMI_EXT_LAST);
	return lmi_span(names[key].text, names[key].n);
}
