/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: names, tag expressions, delay levels, addresses and message ids of any bytes are understood or refused. */
#include "rules/delay_level.h"
#include "rules/name.h"
#include "rules/tags.h"
#include "wire/record.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;

static void check_names(struct lmi_span text)
{
	char topic[LMI_NAME_MAX + 1];
	size_t n = lmi_name_retry_topic(text, topic);
	struct lmi_span built = lmi_span(topic, n);

	FUZZ_CHECK(lmi_name_fault_text(lmi_name_topic_check(text)) && lmi_name_fault_text(lmi_name_group_check(text)));
	(void)lmi_name_is_system_topic(text);
	(void)lmi_name_is_system_group(text);
	(void)lmi_name_may_send(text);
	if (n > 0)
		FUZZ_CHECK(topic[n] == 0 && lmi_name_is_retry(built) && lmi_span_eq(lmi_name_group_of(built), text));
	n = lmi_name_dlq_topic(text, topic);
	built = lmi_span(topic, n);
	if (n > 0)
		FUZZ_CHECK(topic[n] == 0 && lmi_name_is_dlq(built) && lmi_span_eq(lmi_name_group_of(built), text));
}

static void check_tags(struct lmi_span text)
{
	struct lmi_subscription s = { 0 };
	struct lmi_tags_filter f;

	if (lmi_tags_parse(text, &arena, &s) < 0)
		return;
	FUZZ_CHECK(s.tag_count <= LMI_SUBSCRIPTION_TAGS_MAX && s.code_count <= s.tag_count);
	s.expression = text;
	f = lmi_tags_filter_of(&s);
	FUZZ_CHECK(f.all == lmi_tags_is_all(text) && (!f.all || s.tag_count == 0)); /* blanks between bars want nothing */
	for (size_t i = 0; i < s.code_count; i++)
		FUZZ_CHECK(lmi_tags_match(&f, s.codes[i]));
}

static void check_levels(struct lmi_span text)
{
	struct lmi_delay_levels l;

	if (lmi_delay_levels_parse(text, &l) < 0)
		return;
	FUZZ_CHECK(l.count <= LMI_DELAY_LEVELS_MAX);
	for (int32_t level = -1; level <= (int32_t)l.count + 1; level++)
		FUZZ_CHECK(lmi_delay_level_ms(&l, level) >= 0);
}

static void check_host(const char *text)
{
	char printed[LMI_HOST_CHARS];
	struct lmi_host h, back;

	if (lmi_host_parse(text, &h) < 0)
		return;
	FUZZ_CHECK(lmi_host_print(&h, printed, sizeof(printed)) < sizeof(printed));
	FUZZ_CHECK(lmi_host_parse(printed, &back) == 0 && back.v6 == h.v6 && back.port == h.port);
	FUZZ_CHECK(memcmp(back.addr, h.addr, h.v6 ? 16 : 4) == 0);
}

static void check_id(struct lmi_span text)
{
	char printed[LMI_OFFSET_MSG_ID_MAX + 1];
	struct lmi_host h, back;
	int64_t pos, back_pos;
	size_t n;

	if (lmi_offset_msg_id_parse(text, &h, &pos) < 0)
		return;
	n = lmi_offset_msg_id(&h, pos, printed);
	FUZZ_CHECK(n == text.n);
	FUZZ_CHECK(lmi_offset_msg_id_parse(lmi_span(printed, n), &back, &back_pos) == 0 && back_pos == pos);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	FUZZ_CHECK(text);
	fuzz_reset(&arena);
	check_names(lmi_span(data, size));
	check_tags(lmi_span(data, size));
	check_levels(lmi_span(data, size));
	check_host(text);
	check_id(lmi_span(data, size));
	free(text);
	return 0;
}
