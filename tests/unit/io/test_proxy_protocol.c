/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: PROXY headers of both versions are understood, everything else is told apart from them early, and no
 * bytes make the parser read beyond their end.
 * Shown: by the examples of the protocol's specification (haproxy: doc/proxy-protocol.txt, section 2), each cut at every byte,
 * and by seeded mutations in buffers that end where the bytes do.
 */
#include "base/rng.h"
#include "io/proxy_protocol.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct lmi_proxy_header h;

static int parse(const void *p, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1); /* a read beyond is the sanitizer's */
	int r;

	memcpy(exact, p, n);
	r = lmi_proxy_header_parse(lmi_span(exact, n), &h);
	free(exact);
	return r;
}

static int parse_text(const char *text)
{
	return parse(text, strlen(text));
}

static void check_hosts(const char *source, const char *destination)
{
	char text[LMI_HOST_CHARS];

	ck_assert(h.has_hosts);
	lmi_host_print(&h.source, text, sizeof(text));
	ck_assert_str_eq(text, source);
	lmi_host_print(&h.destination, text, sizeof(text));
	ck_assert_str_eq(text, destination);
}

START_TEST(version_1_over_ipv4)
{
	const char *text = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET";

	ck_assert_int_eq(parse_text(text), 1);
	ck_assert_uint_eq(h.bytes, strlen(text) - 3);
	check_hosts("192.168.0.1:56324", "192.168.0.11:443");
}
END_TEST

START_TEST(version_1_over_ipv6)
{
	ck_assert_int_eq(parse_text("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"), 1);
	ck_assert(h.source.v6 && h.destination.v6);
	ck_assert_uint_eq(h.source.addr[0], 0x20);
	ck_assert_uint_eq(h.source.port, 1);
	ck_assert_uint_eq(h.destination.addr[15], 1);
	ck_assert_uint_eq(h.destination.port, 65535);
}
END_TEST

START_TEST(version_1_unknown_keeps_the_connections_own_addresses)
{
	ck_assert_int_eq(parse_text("PROXY UNKNOWN\r\n"), 1);
	ck_assert_uint_eq(h.bytes, 15);
	ck_assert(!h.has_hosts);
	ck_assert_int_eq(parse_text("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), 1);
	ck_assert(!h.has_hosts);
}
END_TEST

START_TEST(version_1_that_breaks_the_format_is_malformed)
{
	static const char *const bad[] = {
		"PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 1\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 56324 65536\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 -1 443\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 +1 443\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 01 443\r\n",
		"PROXY TCP4 192.168.0.256 192.168.0.11 1 443\r\n",
		"PROXY TCP4 2001:db8::1 ::1 1 443\r\n",
		"PROXY TCP5 192.168.0.1 192.168.0.11 1 443\r\n",
		"PROXY  TCP4 192.168.0.1 192.168.0.11 1 443\r\n",
		"PROXYTCP4 192.168.0.1\r\n",
		"PROXY TCP4 192.168.0.1 192.168.0.11 1 443\rx",
		"PROXY \r\n      ",
		"PROXY UNKNOWNX\r\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(parse_text(bad[i]) == -LMQ_EMALFORMED, "%s", bad[i]);
}
END_TEST

START_TEST(version_1_without_an_end_is_malformed_at_107_bytes)
{
	char line[200];

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(parse(line, LMI_PROXY_V1_MAX - 1), -EAGAIN);
	ck_assert_int_eq(parse(line, LMI_PROXY_V1_MAX), -LMQ_EMALFORMED);
	ck_assert_int_eq(parse(line, sizeof(line)), -LMQ_EMALFORMED);
	line[LMI_PROXY_V1_MAX - 2] = '\r';
	line[LMI_PROXY_V1_MAX - 1] = '\n';
	ck_assert_int_eq(parse(line, LMI_PROXY_V1_MAX), 1);
	line[LMI_PROXY_V1_MAX - 2] = 'x';
	line[LMI_PROXY_V1_MAX - 1] = '\r';
	ck_assert_int_eq(parse(line, LMI_PROXY_V1_MAX), -LMQ_EMALFORMED);
}
END_TEST

static const char v2_ipv4[] = V2_SIGNATURE "\x21\x11\0\x13"
					   "\x0a\1\2\3"
					   "\x7f\0\0\1"
					   "\x9c\x40"
					   "\x2a\x9f"
					   "\x02\0\4host";

START_TEST(version_2_over_ipv4_with_its_tlvs_skipped)
{
	ck_assert_int_eq(parse(v2_ipv4, sizeof(v2_ipv4) - 1), 1);
	ck_assert_uint_eq(h.bytes, sizeof(v2_ipv4) - 1);
	check_hosts("10.1.2.3:40000", "127.0.0.1:10911");
}
END_TEST

START_TEST(version_2_over_ipv6)
{
	uint8_t b[16 + 36] = { 0 };

	memcpy(b, V2_SIGNATURE "\x21\x21\0\x24", 16);
	b[16] = 0x20;
	b[31] = 7;
	b[47] = 1;
	lmi_put16(b + 48, 1234);
	lmi_put16(b + 50, 9876);
	ck_assert_int_eq(parse(b, sizeof(b)), 1);
	ck_assert(h.has_hosts && h.source.v6 && h.destination.v6);
	ck_assert_uint_eq(h.source.addr[15], 7);
	ck_assert_uint_eq(h.source.port, 1234);
	ck_assert_uint_eq(h.destination.port, 9876);
}
END_TEST

START_TEST(version_2_local_and_other_families_keep_the_connections_own_addresses)
{
	ck_assert_int_eq(parse(V2_SIGNATURE "\x20\x00\0\0", 16), 1);
	ck_assert(!h.has_hosts);
	ck_assert_uint_eq(h.bytes, 16);
	ck_assert_int_eq(parse(V2_SIGNATURE "\x20\x11\0\2ab", 18), 1);
	ck_assert(!h.has_hosts);
	ck_assert_int_eq(parse(V2_SIGNATURE "\x21\x31\0\2ab", 18), 1); /* unix */
	ck_assert(!h.has_hosts);
	ck_assert_uint_eq(h.bytes, 18);
}
END_TEST

START_TEST(version_2_that_breaks_the_format_is_malformed)
{
	ck_assert_int_eq(parse(V2_SIGNATURE "\x11\x11\0\x0c............", 28), -LMQ_EMALFORMED);
	ck_assert_int_eq(parse(V2_SIGNATURE "\x22\x11\0\x0c............", 28), -LMQ_EMALFORMED);
	ck_assert_int_eq(parse(V2_SIGNATURE "\x21\x11\0\x0b...........", 27), -LMQ_EMALFORMED);
	ck_assert_int_eq(parse(V2_SIGNATURE "\x21\x21\0\x23", 16), -LMQ_EMALFORMED);
}
END_TEST

START_TEST(a_header_is_waited_for_at_every_byte)
{
	const char *v1 = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";

	for (size_t n = 0; n < strlen(v1); n++)
		ck_assert_int_eq(parse(v1, n), -EAGAIN);
	for (size_t n = 0; n < sizeof(v2_ipv4) - 1; n++)
		ck_assert_int_eq(parse(v2_ipv4, n), -EAGAIN);
}
END_TEST

START_TEST(frames_and_other_protocols_are_told_apart_at_their_first_different_byte)
{
	ck_assert_int_eq(parse("\0", 1), 0);
	ck_assert_int_eq(parse("\0\0\0\x0c", 4), 0);
	ck_assert_int_eq(parse("\x16\x03\x01", 3), 0);
	ck_assert_int_eq(parse("GET / HTTP/1.1\r\n", 16), 0);
	ck_assert_int_eq(parse("POST", 4), 0);
	ck_assert_int_eq(parse("PROXX", 5), 0);
	ck_assert_int_eq(parse("\r\n\r\n\0\r\nQUIX", 11), 0);
	ck_assert_int_eq(parse("\r\n\r\n\1", 5), 0);
}
END_TEST

START_TEST(mutated_headers_never_break_the_parser)
{
	static const char v1[] = "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n";
	struct lmi_rng_seeded rng;
	char b[sizeof(v2_ipv4) + sizeof(v1)];

	lmi_rng_seeded_init(&rng, 7);
	for (int i = 0; i < 200000; i++) {
		bool two = lmi_rng_below(&rng.rng, 2);
		size_t n = two ? sizeof(v2_ipv4) - 1 : sizeof(v1) - 1;
		int r;

		memcpy(b, two ? v2_ipv4 : v1, n);
		for (uint64_t k = lmi_rng_below(&rng.rng, 4); k > 0; k--)
			b[lmi_rng_below(&rng.rng, n)] = (char)lmi_rng_u64(&rng.rng);
		n -= lmi_rng_below(&rng.rng, 3) ? 0 : lmi_rng_below(&rng.rng, n);
		r = parse(b, n);
		ck_assert(r == 1 || r == 0 || r == -EAGAIN || r == -LMQ_EMALFORMED);
		if (r == 1)
			ck_assert_uint_le(h.bytes, n);
	}
}
END_TEST

LMT_MAIN("proxy_protocol", version_1_over_ipv4, version_1_over_ipv6, version_1_unknown_keeps_the_connections_own_addresses,
	 version_1_that_breaks_the_format_is_malformed, version_1_without_an_end_is_malformed_at_107_bytes,
	 version_2_over_ipv4_with_its_tlvs_skipped, version_2_over_ipv6,
	 version_2_local_and_other_families_keep_the_connections_own_addresses, version_2_that_breaks_the_format_is_malformed,
	 a_header_is_waited_for_at_every_byte, frames_and_other_protocols_are_told_apart_at_their_first_different_byte,
	 mutated_headers_never_break_the_parser)
