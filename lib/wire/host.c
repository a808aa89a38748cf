/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts and the ids made of them; declared in record.h. */
#include <arpa/inet.h>
#include <stdio.h>

#include "wire/record.h"

size_t lmi_offset_msg_id(const struct lmi_host *h, int64_t log_pos, char *out)
{
	uint8_t id[28];
	size_t n = h->v6 ? 16 : 4;

	memcpy(id, h->addr, n);
	lmi_put32(id + n, h->port);
	lmi_put64(id + n + 4, (uint64_t)log_pos);
	lmi_hex_upper(id, n + 12, out);
	return 2 * (n + 12);
}

int lmi_offset_msg_id_parse(struct lmi_span id, struct lmi_host *out_host, int64_t *out_log_pos)
{
	uint8_t b[28];
	size_t n = id.n == 56 ? 16 : 4;

	if ((id.n != 32 && id.n != 56) || lmi_hex_decode(id, b) < 0)
		return -LMQ_EMALFORMED;
	*out_host = (struct lmi_host){ .v6 = n == 16, .port = lmi_get32(b + n) };
	memcpy(out_host->addr, b, n);
	*out_log_pos = (int64_t)lmi_get64(b + n + 4);
	return 0;
}

int lmi_host_parse(const char *text, struct lmi_host *out)
{
	char name[INET6_ADDRSTRLEN];
	struct lmi_host h = { 0 };
	const char *colon = strrchr(text, ':'), *start = text;
	int64_t port;
	size_t n;

	if (!colon || colon[1] < '0' || colon[1] > '9' || lmi_span_to_i64(lmi_span_str(colon + 1), &port) < 0 || port < 0 || port > 65535)
		return -LMQ_EMALFORMED;
	n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		h.v6 = true;
		start++;
		n -= 2;
	}
	if (n >= sizeof(name))
		return -LMQ_EMALFORMED;
	memcpy(name, start, n);
	name[n] = '\0';
	if (inet_pton(h.v6 ? AF_INET6 : AF_INET, name, h.addr) != 1)
		return -LMQ_EMALFORMED;
	h.port = (uint32_t)port;
	*out = h;
	return 0;
}

size_t lmi_host_print(const struct lmi_host *h, char *out, size_t cap)
{
	char name[INET6_ADDRSTRLEN] = "?";
	int n;

	inet_ntop(h->v6 ? AF_INET6 : AF_INET, h->addr, name, sizeof(name));
	n = snprintf(out, cap, h->v6 ? "[%s]:%u" : "%s:%u", name, h->port);
	if (n < 0 || cap == 0)
		return 0;
	return (size_t)n < cap ? (size_t)n : cap - 1;
}
