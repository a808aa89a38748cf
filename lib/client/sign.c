/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sign.h"

#include <errno.h>
#include <stdlib.h>

#include "crypt/signature.h"

#define ARENA_MAX (8u << 20) /* bytes that reading one request's header may take */

void signer_init(struct signer *s)
{
	lmi_arena_init(&s->arena, ARENA_MAX);
}

void signer_done(struct signer *s)
{
	lmi_arena_done(&s->arena);
	lmi_buf_done(&s->frame);
}

static int by_name(const void *a, const void *b)
{
	const struct lmi_span x = ((const struct lmi_ext *)a)->name, y = ((const struct lmi_ext *)b)->name;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static void add(struct lmi_ext *list, uint32_t *count, enum lmi_ext_key key, const char *value)
{
	list[(*count)++] = (struct lmi_ext){ key, lmi_ext_key_name(key), lmi_span_str(value) };
}

/* Every field's value in the order of the names, then the body. */
static int make(const struct lmi_command *cmd, const struct lmi_ext *list, uint32_t count, const char *secret, char *out)
{
	struct lmi_span parts[LMI_COMMAND_EXT_MAX + 1];

	for (uint32_t i = 0; i < count; i++)
		parts[i] = list[i].value;
	parts[count] = cmd->body;
	return lmi_signature(lmi_span_str(secret), parts, count + 1, out);
}

static int encode(struct signer *s, const struct lmi_command *cmd, const struct lmi_ext *list, uint32_t count, const char *signature)
{
	struct lmi_command_out o;

	lmi_buf_reset(&s->frame, LMI_COMMAND_HEADER_MAX);
	lmi_command_begin(&o, &s->frame, cmd->serialize, cmd->code, cmd->opaque, cmd->flag);
	o.language = cmd->language;
	o.version = cmd->version;
	for (uint32_t i = 0; i < count; i++)
		lmi_command_put_name(&o, list[i].name, list[i].value);
	lmi_command_put(&o, LMI_EXT_SIGNATURE, lmi_span_str(signature));
	lmi_command_end(&o, cmd->body.n);
	lmi_buf_put_span(&s->frame, cmd->body);
	return s->frame.failed ? -ENOMEM : 0;
}

int sign_request(struct signer *s, const struct lmq_config *cfg, struct lmi_span frame, struct lmi_span *out)
{
	struct lmi_ext list[LMI_COMMAND_EXT_MAX];
	char signature[LMI_SIGNATURE_CHARS];
	struct lmi_command cmd;
	uint32_t count = 0;
	int r;

	*out = frame;
	if (*cfg->access_key == '\0')
		return 0;
	lmi_arena_reset(&s->arena);
	r = lmi_command_decode(frame, &s->arena, &cmd);
	if (r == 0 && cmd.ext_count + 3 > LMI_COMMAND_EXT_MAX)
		r = -LMQ_ETOOBIG;
	if (r < 0)
		return r;
	for (; count < cmd.ext_count; count++)
		list[count] = cmd.ext[count];
	add(list, &count, LMI_EXT_ACCESS_KEY, cfg->access_key);
	if (*cfg->security_token)
		add(list, &count, LMI_EXT_SECURITY_TOKEN, cfg->security_token);
	qsort(list, count, sizeof(list[0]), by_name);
	r = make(&cmd, list, count, cfg->secret_key, signature);
	if (r == 0)
		r = encode(s, &cmd, list, count, signature);
	if (r == 0)
		*out = lmi_buf_span(&s->frame);
	return r;
}
