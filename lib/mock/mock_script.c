/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: counted, kept, and answered as the script says. */
#include "mock/mock_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"

#define HOLD_MS 300 /* for which a fetch that finds nothing is held at most */

int mock_code(int32_t code)
{
	if (code >= LMI_REQ_POP_MESSAGE && code < LMI_REQ_POP_MESSAGE + MOCK_CODES - MOCK_CODES_POP)
		return MOCK_CODES_POP + (code - LMI_REQ_POP_MESSAGE);
	return code >= 0 && code < MOCK_CODES_POP ? code : -1;
}

/* ---- held fetches and late answers ---- */

void mock_hold(const struct mock_request *r, struct lmi_span frame, int64_t ms, bool slow)
{
	struct mock_held *h = calloc(1, sizeof(*h));

	if (h)
		h->frame = malloc(frame.n);
	if (!h || !h->frame) {
		free(h);
		return; /* it will not be answered */
	}
	h->conn = lmi_conn_ref(r->conn);
	h->n = frame.n;
	h->code = r->cmd->code;
	h->slow = slow;
	memcpy(h->frame, frame.p, frame.n);
	h->until_ms = ms ? lmi_mono_ms(lmi_clock_system()) + ms : 0;
	h->next = r->server->held;
	r->server->held = h;
}

static bool serve_one_held(struct mock_server *s, struct mock_held *h, bool may_hold)
{
	struct lmi_command cmd;
	struct lmi_buf nowhere = { 0 };
	struct mock_request r = { s, h->conn, &cmd, NULL, 0, h->until_ms != 0 && !h->slow };
	bool served = true;

	if (lmi_command_decode(lmi_span(h->frame, h->n), &s->mock->arena, &cmd) == 0) {
		r.out = cmd.flag & LMI_FLAG_ONEWAY ? &nowhere : lmi_conn_out(h->conn);
		r.opaque = cmd.opaque;
		served = mock_dispatch(&r, may_hold);
	}
	lmi_buf_done(&nowhere);
	return served;
}

/* Whether it is through.  A late answer waits for a request of its own kind, as heartbeats come when they like. */
static bool try_held(struct mock_server *s, struct mock_held *h, int32_t next_code)
{
	bool over = h->until_ms == 0 ? next_code == h->code : lmi_mono_ms(lmi_clock_system()) >= h->until_ms;

	if (!over && (h->until_ms == 0 || h->slow))
		return false;
	return serve_one_held(s, h, !over);
}

void mock_serve_held(struct mock_server *s, int32_t next_code)
{
	struct mock_held *all = s->held, *h;

	s->held = NULL;
	while ((h = all)) {
		all = h->next;
		if (!try_held(s, h, next_code)) {
			h->next = s->held;
			s->held = h;
			continue;
		}
		lmi_conn_unref(h->conn);
		free(h->frame);
		free(h);
	}
}

/* ---- the script ---- */

static struct mock_script *next_script(struct mock_server *s, int32_t code)
{
	for (size_t i = 0; i < MOCK_SCRIPTS; i++) {
		if (s->scripts[i].times <= 0 || (s->scripts[i].code != code && s->scripts[i].code != LMQ_MOCK_ANY))
			continue;
		s->scripts[i].times--;
		return &s->scripts[i];
	}
	return NULL;
}

/* How often the text stands in the bytes. */
static size_t count_text(const uint8_t *p, size_t n, const char *text)
{
	size_t count = 0, len = strlen(text);

	for (size_t i = 0; i + len <= n; i++)
		count += memcmp(p + i, text, len) == 0;
	return count;
}

/*
 * Change up to four bytes behind the frame's length.  Whatever says where a server is stays as it is: the client must not be
 * sent to strangers.
 */
static void spoil(struct lmq_mock *m, uint8_t *p, size_t n)
{
	size_t addresses = 0, left;

	for (size_t i = 0; i <= m->brokers; i++)
		addresses += count_text(p, n, m->servers[i].address);
	for (uint64_t flips = 1 + lmi_rng_below(&m->chance.rng, 4); flips > 0 && n > 4; flips--) {
		size_t at = 4 + lmi_rng_below(&m->chance.rng, n - 4);
		uint8_t was = p[at];

		p[at] = lmi_rng_below(&m->chance.rng, 2) ? (uint8_t)lmi_rng_u64(&m->chance.rng) : (uint8_t)(was ^ (1u << lmi_rng_below(&m->chance.rng, 8)));
		left = 0;
		for (size_t i = 0; i <= m->brokers; i++)
			left += count_text(p, n, m->servers[i].address);
		if (left != addresses)
			p[at] = was;
	}
}

/* Returns what on_frame returns. */
static int act(struct mock_request *r, const struct mock_script *script, struct lmi_span frame)
{
	struct lmi_buf half = { 0 };

	switch (script->fault) {
	case LMQ_MOCK_REFUSE:
		mock_answer(r, script->value, "so says the script");
		return 0;
	case LMQ_MOCK_SILENT:
		return 0;
	case LMQ_MOCK_LATE:
		mock_hold(r, frame, 0, false);
		return 0;
	case LMQ_MOCK_SLOW:
		mock_hold(r, frame, script->value > 0 ? script->value : 1, true);
		return 0;
	case LMQ_MOCK_GARBAGE:
		lmi_buf_put_str(r->out, "\x7f\xff\xff\xff this is no frame at all");
		return 0;
	case LMQ_MOCK_CUT:
		r->out = &half;
		(void)mock_dispatch(r, false);
		lmi_buf_put(lmi_conn_out(r->conn), lmi_buf_data(&half), lmi_buf_len(&half) / 2);
		lmi_buf_done(&half);
		lmi_conn_close(r->conn, 0, true);
		return 0;
	case LMQ_MOCK_SPOIL:
		r->out = &half;
		(void)mock_dispatch(r, false);
		spoil(r->server->mock, lmi_buf_data(&half), lmi_buf_len(&half));
		lmi_buf_put(lmi_conn_out(r->conn), lmi_buf_data(&half), lmi_buf_len(&half));
		lmi_buf_done(&half);
		return 0;
	case LMQ_MOCK_STRANGER:
		r->opaque = r->cmd->opaque + 1000000;
		mock_answer(r, LMI_RSP_SUCCESS, "for nobody");
		r->opaque = r->cmd->opaque;
		(void)mock_dispatch(r, false);
		return 0;
	default:
		return -LMQ_ECLOSED;
	}
}

static void keep_last(struct mock_server *s, int32_t code, struct lmi_span frame)
{
	int at = mock_code(code);
	uint8_t *copy;

	if (at < 0)
		return;
	s->counts[at]++;
	copy = malloc(frame.n);
	if (!copy)
		return;
	memcpy(copy, frame.p, frame.n);
	free(s->last[at]);
	s->last[at] = copy;
	s->last_bytes[at] = frame.n;
}

static int on_frame(struct lmi_conn *c, struct lmi_span frame)
{
	struct mock_server *s = lmi_conn_user(c);
	struct lmq_mock *m = s->mock;
	struct lmi_command cmd;
	struct mock_request r = { s, c, &cmd, NULL, 0, false };
	struct lmi_buf nowhere = { 0 };
	const struct mock_script *script;
	int result = 0;

	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->arena);
	if (lmi_command_decode(frame, &m->arena, &cmd) < 0) {
		pthread_mutex_unlock(&m->lock);
		return -LMQ_EMALFORMED;
	}
	if ((cmd.flag & LMI_FLAG_RESPONSE) && cmd.opaque == MOCK_ORDER_OPAQUE) {
		m->answered = true;
		m->answer_code = cmd.code;
		snprintf(m->answer, sizeof(m->answer), "%.*s", (int)cmd.body.n, cmd.body.p ? (const char *)cmd.body.p : "");
		pthread_cond_broadcast(&m->changed);
		pthread_mutex_unlock(&m->lock);
		return 0;
	}
	r.out = cmd.flag & LMI_FLAG_ONEWAY ? &nowhere : lmi_conn_out(c);
	r.opaque = cmd.opaque;
	mock_serve_held(s, cmd.code);
	keep_last(s, cmd.code, frame);
	script = next_script(s, cmd.code);
	if (script)
		result = act(&r, script, frame);
	else if (!mock_dispatch(&r, true))
		mock_hold(&r, frame, HOLD_MS, false);
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
	lmi_buf_done(&nowhere);
	return result;
}

static void on_close(struct lmi_conn *c, int cause)
{
	struct mock_server *s = lmi_conn_user(c);

	(void)cause;
	pthread_mutex_lock(&s->mock->lock);
	mock_members_drop(s, c);
	for (size_t i = 0; i < MOCK_BEATING; i++)
		if (s->beating[i] == c)
			s->beating[i] = NULL;
	pthread_cond_broadcast(&s->mock->changed);
	pthread_mutex_unlock(&s->mock->lock);
}

const struct lmi_conn_ops mock_conn_ops = { .on_frame = on_frame, .on_close = on_close };
