/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a PROXY header is found the same however the bytes arrive: more bytes behind a whole header change nothing, fewer
 * make it wait, and what was refused or is none stays so.
 */
#include <errno.h>

#include "io/proxy_protocol.h"

#include "tests/fuzz/fuzz.h"

static bool same_hosts(const struct lmi_proxy_header *a, const struct lmi_proxy_header *b)
{
	return a->bytes == b->bytes && a->has_hosts == b->has_hosts && memcmp(&a->source, &b->source, sizeof(a->source)) == 0 &&
	       memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0;
}

static void check_whole(struct lmi_span rx, const struct lmi_proxy_header *h)
{
	struct lmi_proxy_header again;

	FUZZ_CHECK(h->bytes > 0 && h->bytes <= rx.n && h->bytes <= LMI_PROXY_V2_MAX);
	FUZZ_CHECK(h->source.port <= 65535 && h->destination.port <= 65535);
	if (h->bytes >= 12)
		FUZZ_CHECK(lmi_proxy_header_parse(lmi_span(rx.p, h->bytes), &again) == 1 && same_hosts(h, &again));
	FUZZ_CHECK(lmi_proxy_header_parse(lmi_span(rx.p, h->bytes - 1), &again) == -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span rx = lmi_span(data, size);
	struct lmi_proxy_header h = { .bytes = 77 }, before = { .bytes = 77 };
	int r = lmi_proxy_header_parse(rx, &h);

	FUZZ_CHECK(r == 1 || r == 0 || r == -EAGAIN || r == -LMQ_EMALFORMED);
	if (r == 1) {
		check_whole(rx, &h);
		return 0;
	}
	FUZZ_CHECK(h.bytes == 77); /* set only when there is one */
	if (size > 0) {
		int less = lmi_proxy_header_parse(lmi_span(data, size - 1), &before);

		FUZZ_CHECK(r == less || less == -EAGAIN);
	}
	return 0;
}
