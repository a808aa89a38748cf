/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to what the name server wants to know.  Start-up, reload, and requests that change it.
 */
#ifndef LIGHTMQ_NAMESRV_NAMESRV_CONF_H
#define LIGHTMQ_NAMESRV_NAMESRV_CONF_H

#include "conf/conf.h"
#include "namesrv/namesrv.h"

/** Checks between keys; complains. */
void namesrv_conf_check(struct conf *c);
/** Limits and settings; the rest of @cfg stays. */
void namesrv_conf_fill(const struct conf *c, struct namesrv_config *cfg);
/** The settings that a reload takes over. */
void namesrv_conf_live(const struct conf *c, struct namesrv_config *cfg);
/** The file that keeps what requests have changed. */
void namesrv_conf_changes(const struct conf *c, char *path, size_t cap);
/** See namesrv_config.set_setting. */
int32_t namesrv_conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap);

#endif
