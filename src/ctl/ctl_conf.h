/* SPDX-License-Identifier: Apache-2.0 */
/* rmqctl.yaml(5): what the command line may leave out. */
#ifndef LIGHTMQ_CTL_CTL_CONF_H
#define LIGHTMQ_CTL_CTL_CONF_H

#include "conf/conf.h"
#include "ctl/ctl.h"

/**
 * Read the configuration.
 *
 * @only  this file and none other; NULL: /etc/lightmq/rmqctl.yaml with its folder of fragments, then the user's own, where they are
 * @err   what is wrong with it, a line each
 *
 * Returns it (gives; conf_free), or NULL when a file is bad or memory is short, said on @err.
 */
struct conf *ctl_conf_read(const char *only, FILE *err);

/** Put it where the command line said nothing.  Texts live as long as @c. */
void ctl_conf_fill(const struct conf *c, struct ctl_options *o);

/** One of the words of --output. */
bool ctl_format_parse(const char *text, enum ctl_format *out);

#endif
