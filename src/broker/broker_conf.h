/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to what the broker wants to know.  Start-up and reload only.
 */
#ifndef LIGHTMQ_BROKER_BROKER_CONF_H
#define LIGHTMQ_BROKER_BROKER_CONF_H

#include "broker/broker.h"
#include "conf/conf.h"

#define LMI_NAMED_HOST_CHARS 264 /* a name of 253 characters and a port */

/* Texts made from the configuration; the broker borrows them for life. */
struct broker_texts {
	char name[128];
	char address[LMI_NAMED_HOST_CHARS];
	char ha_address[LMI_NAMED_HOST_CHARS];
	char address_server[LMI_NAMED_HOST_CHARS];
	char address_path[256];
	struct lmi_buf properties; /* NUL-terminated key=value lines */
};

/** Checks between keys; complains. */
void broker_conf_check(struct conf *c);

/**
 * Fill settings, limits and the store's part.
 *
 * @local  where the main listener really listens
 *
 * Returns 0; -LMQ_EBADCONFIG when brokerIP1 is no address; -ENOMEM.
 */
int broker_conf_fill(const struct conf *c, const struct lmi_host *local, struct broker_texts *texts,
		     struct broker_config *out);
void broker_texts_done(struct broker_texts *t);

/** The settings that a reload takes over. */
void broker_conf_live(const struct conf *c, struct broker_settings *s, bool *notify_off);

#endif
