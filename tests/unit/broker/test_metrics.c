/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what monitoring is told is in Prometheus's form, true, and bounded whatever topics there are; readiness says why not.
 * Shown: a broker without sockets, each line of its text looked at.
 */
#include "broker/metrics.h"
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;
static struct lmi_buf b;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	b = (struct lmi_buf){ 0 };
}

static void tear_down(void)
{
	lmi_buf_done(&b);
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_done(&f);
}

static const char *text_of(void (*put)(const struct core *c, struct lmi_buf *out))
{
	lmi_buf_reset(&b, SIZE_MAX);
	put(&f.core, &b);
	lmi_buf_put8(&b, 0);
	return (const char *)lmi_buf_data(&b);
}

/* NAME{…} NUMBER, of the family that was announced last. */
static void check_sample(const char *line, size_t n, const char *family)
{
	size_t name = strlen(family);
	char *end;
	ck_assert_msg(n > name && strncmp(line, family, name) == 0 && line[name] == '{', "%.*s is not of %s", (int)n, line, family);
	const char *close = memrchr(line, '}', n);
	ck_assert_ptr_nonnull(close);
	strtod(close + 2, &end);
	ck_assert_msg(end == line + n, "%.*s", (int)n, line);
	bool quoted = false;
	for (const char *c = line + name + 1; c < close; c++) {
		if (quoted && *c == '\\')
			c++;
		else if (*c == '"')
			quoted = !quoted;
	}
	ck_assert_msg(!quoted, "%.*s", (int)n, line);
}

static int check_form(const char *text)
{
	char family[128] = "";
	int samples = 0;
	while (*text) {
		size_t n = strcspn(text, "\n");
		if (strncmp(text, "# TYPE ", 7) == 0) {
			ck_assert_int_eq(sscanf(text, "# TYPE %127s", family), 1);
		} else if (text[0] != '#') {
			check_sample(text, n, family);
			samples++;
		}
		text += n + 1;
	}
	return samples;
}

START_TEST(messages_in_and_out_and_what_is_left_are_told)
{
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "hello");
	fx_send(&f, &p, "T", "0", NULL, "hello");
	fx_beat(&f, &p, "c1", "g", "T", "*");
	fx_forget_output(&p);
	fx_ask(&f, &p, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	fx_ask(&f, &p, LMI_REQ_UPDATE_CONSUMER_OFFSET,
	       FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "commitOffset", "1" }), LMI_SPAN_NULL);
	const char *text = text_of(metrics_put);
	check_form(text);
#define LABELS "{cluster=\"C\",node_type=\"broker\",node_id=\"broker-a\""
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_messages_in_total" LABELS ",topic=\"T\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_throughput_in_total" LABELS ",topic=\"T\"} 10\n"));
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_messages_out_total" LABELS ",topic=\"T\",consumer_group=\"g\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_consumer_lag_messages" LABELS ",topic=\"T\",consumer_group=\"g\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_broker_permission" LABELS "} 6\n"));
	tear_down();
}
END_TEST

START_TEST(topics_beyond_two_hundred_are_told_together)
{
	char name[32];
	set_up();
	for (int i = 0; i < 10000; i++)
		stat_add(&f.core.handle.stats, &(struct stat_key){ .kind = STAT_TOPIC_PUT, .topic = lmi_span(name, (size_t)snprintf(name, sizeof(name), "topic-%d", i)) },
			 i == 77 ? 5 : 1, 1, FX_WALL_MS);
	const char *text = text_of(metrics_put);
	ck_assert_int_lt(check_form(text), 500);
	ck_assert_uint_lt(lmi_buf_len(&b), 1 << 20);
	ck_assert_ptr_nonnull(strstr(text, "topic=\"topic-77\"} 5\n")); /* the largest is not among the others */
	ck_assert_ptr_nonnull(strstr(text, "rocketmq_messages_in_total" LABELS ",topic=\"other\"} 9800\n"));
	tear_down();
}
END_TEST

START_TEST(names_break_no_line_and_no_page)
{
	set_up();
	f.core.cfg.settings.cluster_name = LMI_SPAN_LIT("a\"b\\c\n<i>");
	check_form(text_of(metrics_put));
	ck_assert_ptr_null(strstr(text_of(metrics_put_page), "<i>"));
	ck_assert_ptr_nonnull(strstr(text_of(metrics_put_page), "&lt;i>"));
	tear_down();
}
END_TEST

static struct lmi_http_answer ask(const char *path)
{
	struct lmi_http_answer a = { .status = 200 };
	metrics_get(&f.core, &(struct lmi_http_request){ .path = lmi_span_str(path) }, &a);
	return a;
}

START_TEST(each_path_has_its_answer)
{
	static const struct {
		const char *path;
		int status;
		const char *begins;
	} paths[] = { { "/metrics", 200, "# HELP " }, { "/healthz", 200, "ok\n" }, { "/readyz", 200, "ready\n" }, { "/status", 200, "<!DOCTYPE html>" },
		      { "/", 200, "<!DOCTYPE html>" }, { "/status.json", 200, "{\"uptimeSeconds\":0," }, { "/other", 404, "" } };
	set_up();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct lmi_http_answer a = ask(paths[i].path);
		ck_assert_int_eq(a.status, paths[i].status);
		ck_assert_msg(lmi_span_starts(lmi_buf_span(&a.body), lmi_span_str(paths[i].begins)), "%s", paths[i].path);
		lmi_buf_done(&a.body);
	}
	tear_down();
}
END_TEST

START_TEST(a_broker_that_stops_is_not_ready)
{
	set_up();
	core_stop_holding(&f.core);
	struct lmi_http_answer a = ask("/readyz");
	ck_assert_int_eq(a.status, 503);
	ck_assert(lmi_span_is(lmi_buf_span(&a.body), "the broker stops\n"));
	lmi_buf_done(&a.body);
	a = ask("/status.json");
	ck_assert_ptr_nonnull(memmem(lmi_buf_data(&a.body), lmi_buf_len(&a.body), "\"ready\":false", 13));
	lmi_buf_done(&a.body);
	tear_down();
}
END_TEST

LMT_MAIN("metrics", messages_in_and_out_and_what_is_left_are_told, topics_beyond_two_hundred_are_told_together, names_break_no_line_and_no_page,
	 each_path_has_its_answer, a_broker_that_stops_is_not_ready)
