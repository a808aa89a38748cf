/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "io/http_serve.h"

static bool ends(struct lmi_span s)
{
	return memmem(s.p, s.n, "\r\n\r\n", 4) || memmem(s.p, s.n, "\n\n", 2);
}

/* A method, a blank, a path of printable ASCII, a blank, HTTP/1.x. */
static int read_line(struct lmi_span line, struct lmi_http_request *out)
{
	size_t method = lmi_span_starts(line, LMI_SPAN_LIT("GET ")) ? 4 : lmi_span_starts(line, LMI_SPAN_LIT("HEAD ")) ? 5 : 0;
	size_t at = method, path;

	for (size_t i = 0; !method && i < line.n && line.p[i] >= 'A' && line.p[i] <= 'Z'; i++)
		if (i + 1 < line.n && line.p[i + 1] == ' ')
			return -LMQ_EUNSUPPORTED;
	if (!method || line.n <= method || line.p[method] != '/')
		return -LMQ_EMALFORMED;
	while (at < line.n && line.p[at] > ' ' && line.p[at] < 0x7f)
		at++;
	if (!lmi_span_starts(lmi_span(line.p + at, line.n - at), LMI_SPAN_LIT(" HTTP/1.")))
		return -LMQ_EMALFORMED;
	for (path = method; path < at && line.p[path] != '?'; path++)
		;
	*out = (struct lmi_http_request){ .path = lmi_span(line.p + method, path - method), .head = method == 5 };
	return 0;
}

int lmi_http_request_read(struct lmi_span bytes, struct lmi_http_request *out)
{
	const uint8_t *end = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;

	if (bytes.n > LMI_HTTP_REQUEST_MAX)
		return -LMQ_ETOOBIG;
	if (!end || !ends(bytes))
		return -EAGAIN;
	size_t n = (size_t)(end - bytes.p);
	return read_line(lmi_span(bytes.p, n && bytes.p[n - 1] == '\r' ? n - 1 : n), out);
}
