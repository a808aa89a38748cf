/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: settings change by a request all or none, each change is told in the log with who, from and to, and what was changed is
 * kept in a file of its own.  Shown: a program of two settings behind the handler.
 */
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;
static char colour[64], size[64];
static bool changed;

static char *find(struct lmi_span key)
{
	return lmi_span_is(key, "colour") ? colour : lmi_span_is(key, "size") ? size : NULL;
}

static void list(void *user, struct lmi_buf *out)
{
	(void)user;
	lmi_buf_printf(out, "colour=%s\nsize=%s\n", colour, size);
}

static int32_t set(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	char *place = find(key);
	(void)user;
	snprintf(why, cap, "%.*s is not known", SPAN_ARGS(key));
	if (!place)
		return LMI_RSP_INVALID_PARAMETER;
	if (change)
		snprintf(place, sizeof(colour), "%.*s", SPAN_ARGS(value));
	changed = changed || change;
	return LMI_RSP_SUCCESS;
}

static void put_changes(void *user, struct lmi_buf *out)
{
	(void)user;
	lmi_buf_printf(out, "colour: \"%s\"\n", colour);
}

static void set_up(void)
{
	snprintf(colour, sizeof(colour), "red");
	snprintf(size, sizeof(size), "1");
	changed = false;
	fx_prepare(&f);
	f.cfg.conf = (struct handle_conf){ list, set, put_changes, NULL };
	fx_open(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_done(&f);
}

static struct lmi_command update(const char *text)
{
	return fx_ask(&f, &p, LMI_REQ_UPDATE_BROKER_CONFIG, FX_NONE, lmi_span_str(text));
}

START_TEST(a_change_is_made_told_with_who_from_and_to_and_kept)
{
	uint8_t *bytes;
	size_t n;
	set_up();
	ck_assert_int_eq(update("# by hand\n colour = blue \nsize=2\n").code, LMI_RSP_SUCCESS);
	ck_assert_str_eq(colour, "blue");
	ck_assert_str_eq(size, "2");
	ck_assert(fx_logged(&f, "colour was set from \"red\" to \"blue\" by a request of 10.1.2.3:4567"));
	ck_assert(fx_logged(&f, "size was set from \"1\" to \"2\""));
	fx_pass(&f, 200);
	ck_assert_int_eq(disk_read_all(f.cfg.store.disk, PERSIST_SETTINGS_PATH, 1000, &bytes, &n), 0);
	ck_assert_str_eq((const char *)bytes, "colour: \"blue\"\n");
	free(bytes);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_CONFIG, FX_NONE, LMI_SPAN_NULL);
	ck_assert(lmi_span_is(a.body, "colour=blue\nsize=2\n"));
	struct lmi_span version = lmi_command_ext(&a, LMI_EXT_VERSION);
	ck_assert(lmi_span_starts(version, LMI_SPAN_LIT("{\"counter\":1,")));
	tear_down();
}
END_TEST

START_TEST(one_that_cannot_be_changed_keeps_all_as_they_were)
{
	set_up();
	struct lmi_command a = update("colour=blue\nprice=3\n");
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	ck_assert(fx_remark_has(&a, "price is not known"));
	ck_assert(!changed);
	ck_assert_int_eq(update("").code, LMI_RSP_SUCCESS); /* nothing is asked for */
	fx_pass(&f, 200);
	uint8_t *bytes;
	size_t n;
	ck_assert_int_ne(disk_read_all(f.cfg.store.disk, PERSIST_SETTINGS_PATH, 1000, &bytes, &n), 0);
	tear_down();
}
END_TEST

START_TEST(a_request_changes_64_settings_at_most)
{
	char text[65 * 10 + 1] = "";
	set_up();
	for (int i = 0; i < 65; i++)
		strcat(text, "size=0002\n");
	ck_assert_int_eq(update(text).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert(!changed);
	tear_down();
}
END_TEST

START_TEST(without_a_program_behind_it_nothing_changes)
{
	fx_init(&f);
	fx_peer_init(&p);
	ck_assert_int_eq(update("colour=blue\n").code, LMI_RSP_NO_PERMISSION);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_CONFIG, FX_NONE, LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(a.body.n, 0);
	tear_down();
}
END_TEST

LMT_MAIN("config_handler", a_change_is_made_told_with_who_from_and_to_and_kept, one_that_cannot_be_changed_keeps_all_as_they_were,
	 a_request_changes_64_settings_at_most, without_a_program_behind_it_nothing_changes)
