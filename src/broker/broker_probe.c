/* SPDX-License-Identifier: Apache-2.0 */
/* At start the broker dials what clients are told, and warns when that leads nowhere. */
#include <errno.h>

#include "broker/broker_internal.h"

#define PROBE_MS 5000
#define OTHERS_MAX 8u

static void on_open(struct lmi_conn *conn)
{
	struct broker *b = lmi_conn_user(conn);
	if (b)
		b->probed = true;
	lmi_conn_close(conn, 0, false);
}

static int on_frame(struct lmi_conn *conn, struct lmi_span frame)
{
	(void)conn;
	(void)frame;
	return 0;
}

/* Addresses of this machine that clients elsewhere might reach. */
static void put_others(const struct broker *b, struct lmi_buf *text)
{
	struct lmi_host others[OTHERS_MAX];
	char one[LMI_HOST_CHARS];
	size_t n = lmi_socket_addresses(others, OTHERS_MAX);
	for (size_t i = 0; i < n; i++) {
		others[i].port = b->core.cfg.settings.host.port;
		lmi_host_print(&others[i], one, sizeof(one));
		lmi_buf_printf(text, "%s %s", i ? "," : "", one);
	}
	if (n == 0)
		lmi_buf_put_str(text, " none but loopback");
	lmi_buf_put8(text, 0);
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct broker *b = lmi_conn_user(conn);
	struct lmi_buf others = { 0 };
	if (!b)
		return;
	b->probe = NULL;
	if (b->probed || b->stopping)
		return;
	put_others(b, &others);
	lmi_log(b->cfg.core.log, LMI_LOG_WARNING,
		"clients are told %.*s, which cannot be reached even from here: %s; set brokerIP1 to an address that they can reach; "
		"this machine has%s", SPAN_ARGS(b->cfg.core.settings.address), lmi_strerror(cause ? cause : -LMQ_ECLOSED),
		others.failed ? "" : (const char *)lmi_buf_data(&others));
	lmi_buf_done(&others);
}

void broker_probe_start(struct broker *b)
{
	static const struct lmi_conn_ops ops = { .on_frame = on_frame, .on_open = on_open, .on_close = on_close };
	char address[300];
	struct lmi_span told = b->cfg.core.settings.address;
	if (told.n >= sizeof(address))
		return;
	memcpy(address, told.p, told.n);
	address[told.n] = '\0';
	b->probe = lmi_conn_dial(b->cfg.loop, b->cfg.executor, address, PROBE_MS, &ops, &lmi_conn_limits_default, b);
}

void broker_probe_stop(struct broker *b)
{
	if (!b->probe)
		return;
	lmi_conn_set_user(b->probe, NULL);
	lmi_conn_close(b->probe, -LMQ_ECLOSED, false);
	b->probe = NULL;
}
