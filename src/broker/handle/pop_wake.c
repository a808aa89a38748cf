/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of POP that waited are entered again. */
#include "broker/handle/handlers.h"
#include "broker/handle/pop_check.h"

int64_t pop_wait_left_ms(const struct handle *h, int64_t born_ms, int64_t poll_ms)
{
	int64_t waited_ms;
	poll_ms = poll_ms > POP_WAIT_MAX_MS ? POP_WAIT_MAX_MS : poll_ms;
	if (__builtin_sub_overflow(handle_now(h), born_ms, &waited_ms))
		return 0;
	if (waited_ms < 0)
		waited_ms = 0; /* the client's clock is ahead */
	return poll_ms - POP_WAIT_EARLY_MS - waited_ms;
}

int64_t pop_invisible_ms(int64_t asked_ms)
{
	return asked_ms < 0 ? 0 : asked_ms > POP_INVISIBLE_MAX_MS ? POP_INVISIBLE_MAX_MS : asked_ms;
}

static void enter_again(struct handle *h, const struct pop_wait *w)
{
	struct lmi_command cmd;
	struct lmi_span frame = lmi_span(w->frame, w->frame_bytes);
	lmi_arena_reset(&h->arena);
	if (lmi_command_decode(frame, &h->arena, &cmd))
		return; /* it was decoded before: no memory */
	struct request r = { .peer = w->peer, .cmd = &cmd, .frame = frame };
	dispatch(h, &r);
}

void pop_wake(struct handle *h)
{
	for (struct pop_wait *w; (w = pop_wait_take(h->pop_waits));) {
		if (w->peer->open)
			enter_again(h, w);
		pop_wait_free(h->pop_waits, w);
	}
}
