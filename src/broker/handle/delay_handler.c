/* SPDX-License-Identifier: Apache-2.0 */
/* How far delayed delivery is, for replicas and for people. */
#include "broker/handle/handlers.h"

void delay_all_handler(struct handle *h, const struct request *r)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	delay_table_save(h->delays, &h->scratch);
	answer_body(r, lmi_buf_span(&h->scratch));
}
