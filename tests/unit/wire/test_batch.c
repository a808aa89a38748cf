/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: bodies of batches are read and written as MessageDecoder.encodeMessage writes them; a size that does not fit ends
 * the walk with an error.
 * Shown: on a golden element of the 5.3.3 jars, and by damaging it.
 */
#include "wire/props.h"

#include "wire_lmt.h"

#define GOLDEN "000000370000000000000000000000000000000568656c6c6f001c4b455953016b31025741495401747275650254414753015461674102"
#define PROPS "KEYS\x01k1\x02WAIT\x01true\x02TAGS\x01TagA\x02"

START_TEST(the_golden_element_is_read_and_written)
{
	struct lmi_span g = wire_hex(GOLDEN GOLDEN);
	struct lmi_batch_item item;
	struct lmi_buf b = { 0 };
	size_t at = 0;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(lmi_batch_next(g, &at, &item), 1);
		ck_assert_int_eq(item.flag, 0);
		ck_assert_span_eq(item.body, "hello");
		ck_assert_span_eq(item.props, PROPS);
		lmi_batch_put(&b, &item);
	}
	ck_assert_int_eq(lmi_batch_next(g, &at, &item), 0);
	ck_assert_uint_eq(at, 110);
	ck_assert(lmi_span_eq(lmi_buf_span(&b), g));
	lmi_buf_done(&b);
	wire_free(g);
}
END_TEST

START_TEST(an_empty_body_has_no_elements)
{
	struct lmi_batch_item item;
	size_t at = 0;

	ck_assert_int_eq(lmi_batch_next(LMI_SPAN_NULL, &at, &item), 0);
}
END_TEST

START_TEST(sizes_that_contradict_are_malformed)
{
	static const struct {
		size_t at;
		uint8_t value;
	} faults[] = { { 3, 0x36 }, { 3, 0x38 }, { 3, 0x15 }, { 0, 0x80 }, { 19, 4 }, { 19, 6 },
		       { 16, 0xFF }, { 26, 0x1B }, { 26, 0x1D }, { 25, 0x80 } };
	struct lmi_span g = wire_hex(GOLDEN);
	uint8_t *p = (uint8_t *)(uintptr_t)g.p;
	struct lmi_batch_item item = { .flag = 77 };
	size_t at = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		uint8_t good = p[faults[i].at];

		p[faults[i].at] = faults[i].value;
		ck_assert_msg(lmi_batch_next(g, &at, &item) == -LMQ_EMALFORMED, "fault %zu", i);
		p[faults[i].at] = good;
	}
	for (size_t n = 1; n < g.n; n++)
		ck_assert_int_eq(lmi_batch_next(lmi_span(g.p, n), &at, &item), -LMQ_EMALFORMED);
	ck_assert_uint_eq(at, 0);
	ck_assert_int_eq(item.flag, 77);
	wire_free(g);
}
END_TEST

START_TEST(elements_of_every_size_are_read_back)
{
	static uint8_t bytes[LMI_PROPS_MAX];
	static const size_t sizes[] = { 0, 1, 255, 32767 };
	struct lmi_buf b = { 0 };
	struct lmi_batch_item item;
	size_t at = 0;

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 16; i++) {
		item = (struct lmi_batch_item){ -i, lmi_span(bytes, sizes[i % 4]), lmi_span(bytes, sizes[i / 4]) };
		lmi_batch_put(&b, &item);
	}
	for (int i = 0; i < 16; i++) {
		ck_assert_int_eq(lmi_batch_next(lmi_buf_span(&b), &at, &item), 1);
		ck_assert_int_eq(item.flag, -i);
		ck_assert_uint_eq(item.body.n, sizes[i % 4]);
		ck_assert_uint_eq(item.props.n, sizes[i / 4]);
	}
	ck_assert_int_eq(lmi_batch_next(lmi_buf_span(&b), &at, &item), 0);
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("batch", the_golden_element_is_read_and_written, an_empty_body_has_no_elements, sizes_that_contradict_are_malformed,
	 elements_of_every_size_are_read_back)
