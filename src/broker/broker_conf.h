/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to what the broker wants to know.  Start-up and reload only.
 */
#ifndef LIGHTMQ_BROKER_BROKER_CONF_H
#define LIGHTMQ_BROKER_BROKER_CONF_H

#include "broker/broker.h"
#include "conf/conf.h"

#define BROKER_SEGMENTS_LEAST 4 /* that a budget must hold: the one written, the next, and some to delete */
#define LMI_NAMED_HOST_CHARS 264 /* a name of 253 characters and a port */

/* Texts made from the configuration; the broker borrows them for life. */
struct broker_texts {
	char name[128];
	char address[LMI_NAMED_HOST_CHARS];
	char ha_address[LMI_NAMED_HOST_CHARS];
	char address_server[LMI_NAMED_HOST_CHARS];
	char address_path[256];
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

/** The settings that a reload takes over, put over those in @l. */
void broker_conf_live(const struct conf *c, struct broker_live *l);

/** The file of settings that requests have changed. */
void broker_conf_changes(const struct conf *c, char *path, size_t cap);

/** See handle_conf.list and handle_conf.set. */
void broker_conf_list(const struct conf *c, const struct broker_texts *t, struct lmi_buf *out);
int32_t broker_conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap);

#endif
