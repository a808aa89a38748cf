/* SPDX-License-Identifier: Apache-2.0 */
#include "io/proxy_protocol.h"

#include <arpa/inet.h>
#include <errno.h>

#define DECIDING_BYTES 12u /* the length of version 2's signature */
#define V2_FIXED 16u
#define V1_WORDS 6u /* PROXY TCP4 source destination port port */

static const uint8_t v2_signature[DECIDING_BYTES] = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

static bool may_become(struct lmi_span rx, struct lmi_span prefix)
{
	size_t n = rx.n < prefix.n ? rx.n : prefix.n;

	return n == 0 || memcmp(rx.p, prefix.p, n) == 0;
}

/* ---- version 1: one line of text ---- */

static size_t split(struct lmi_span line, struct lmi_span words[V1_WORDS])
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] != ' ')
			continue;
		if (count == V1_WORDS)
			return V1_WORDS + 1;
		words[count++] = lmi_span(line.p + start, i - start);
		start = i + 1;
	}
	return count;
}

static int parse_port(struct lmi_span s, uint32_t *out)
{
	int32_t v;

	if (s.n == 0 || s.n > 5 || s.p[0] < '0' || s.p[0] > '9' || (s.n > 1 && s.p[0] == '0') || lmi_span_to_i32(s, &v) < 0 || v > 65535)
		return -LMQ_EMALFORMED;
	*out = (uint32_t)v;
	return 0;
}

static int parse_address(struct lmi_span s, bool v6, struct lmi_host *out)
{
	char text[INET6_ADDRSTRLEN];

	if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n))
		return -LMQ_EMALFORMED;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	out->v6 = v6;
	return inet_pton(v6 ? AF_INET6 : AF_INET, text, out->addr) == 1 ? 0 : -LMQ_EMALFORMED;
}

static int parse_line(struct lmi_span line, struct lmi_proxy_header *h)
{
	struct lmi_span w[V1_WORDS] = { { NULL, 0 } };
	size_t n = split(line, w);
	bool v6;

	if (n >= 2 && lmi_span_is(w[1], "UNKNOWN"))
		return 0; /* what follows is to be ignored */
	if (n != V1_WORDS || !(lmi_span_is(w[1], "TCP4") || lmi_span_is(w[1], "TCP6")))
		return -LMQ_EMALFORMED;
	v6 = w[1].p[3] == '6';
	if (parse_address(w[2], v6, &h->source) < 0 || parse_address(w[3], v6, &h->destination) < 0 ||
	    parse_port(w[4], &h->source.port) < 0 || parse_port(w[5], &h->destination.port) < 0)
		return -LMQ_EMALFORMED;
	h->has_hosts = true;
	return 0;
}

static int parse_v1(struct lmi_span rx, struct lmi_proxy_header *h)
{
	size_t most = rx.n < LMI_PROXY_V1_MAX ? rx.n : LMI_PROXY_V1_MAX;
	const uint8_t *cr = memchr(rx.p, '\r', most);
	size_t at = cr ? (size_t)(cr - rx.p) : 0;

	if (!cr)
		return rx.n < LMI_PROXY_V1_MAX ? -EAGAIN : -LMQ_EMALFORMED;
	if (at + 1 == rx.n)
		return rx.n < LMI_PROXY_V1_MAX ? -EAGAIN : -LMQ_EMALFORMED;
	if (rx.p[at + 1] != '\n' || at + 2 > LMI_PROXY_V1_MAX)
		return -LMQ_EMALFORMED;
	h->bytes = at + 2;
	return parse_line(lmi_span(rx.p, at), h);
}

/* ---- version 2: binary ---- */

static void hosts_v2(const uint8_t *p, bool v6, struct lmi_proxy_header *h)
{
	size_t n = v6 ? 16 : 4;

	h->source.v6 = h->destination.v6 = v6;
	memcpy(h->source.addr, p, n);
	memcpy(h->destination.addr, p + n, n);
	h->source.port = lmi_get16(p + 2 * n);
	h->destination.port = lmi_get16(p + 2 * n + 2);
	h->has_hosts = true;
}

/* TLVs come behind the addresses and are skipped with them. */
static int parse_v2(struct lmi_span rx, struct lmi_proxy_header *h)
{
	uint8_t version_command, family;
	size_t n;

	if (rx.n < V2_FIXED)
		return -EAGAIN;
	version_command = rx.p[12];
	family = rx.p[13];
	n = lmi_get16(rx.p + 14);
	if (version_command != 0x20 && version_command != 0x21)
		return -LMQ_EMALFORMED;
	if (version_command == 0x21 && ((family == 0x11 && n < 12) || (family == 0x21 && n < 36)))
		return -LMQ_EMALFORMED;
	if (rx.n < V2_FIXED + n)
		return -EAGAIN;
	h->bytes = V2_FIXED + n;
	if (version_command == 0x21 && (family == 0x11 || family == 0x21))
		hosts_v2(rx.p + V2_FIXED, family == 0x21, h);
	return 0;
}

int lmi_proxy_header_parse(struct lmi_span rx, struct lmi_proxy_header *out)
{
	struct lmi_proxy_header h = { 0 };
	struct lmi_span v1 = LMI_SPAN_LIT("PROXY"), v2 = lmi_span(v2_signature, sizeof(v2_signature));
	int r;

	if (!may_become(rx, v1) && !may_become(rx, v2))
		return 0;
	if (rx.n < DECIDING_BYTES)
		return -EAGAIN;
	r = rx.p[0] == 'P' ? parse_v1(rx, &h) : parse_v2(rx, &h);
	if (r < 0)
		return r;
	*out = h;
	return 1;
}
