/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_idle PORT PID COUNT: what an idle connection costs the daemon PID, which listens on 127.0.0.1:PORT, of its own memory.
 * COUNT connections are opened, each asks something and reads the answer, and stays open.  Prints bytes a connection.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 1000000
#define WARM 100 /* connections that make the daemon's own buffers before the first look */

/* An unknown request, so that it is the same for both daemons. */
static const char header[] = "{\"code\":31999,\"flag\":0,\"language\":\"JAVA\",\"opaque\":1,\"serializeTypeCurrentRPC\":\"JSON\",\"version\":433}";

static int ask(int fd)
{
	uint8_t frame[512], answer[512];
	uint32_t header_bytes = sizeof(header) - 1, be = htonl(header_bytes + 4);

	memcpy(frame, &be, 4);
	be = htonl(header_bytes);
	memcpy(frame + 4, &be, 4);
	memcpy(frame + 8, header, header_bytes);
	if (send(fd, frame, header_bytes + 8, MSG_NOSIGNAL) != (ssize_t)header_bytes + 8)
		return -1;
	return recv(fd, answer, sizeof(answer), 0) > 8 ? 0 : -1;
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || ask(fd) < 0)
		return -1;
	return fd;
}

/* Its own resident memory in KiB, -1 when it is gone. */
static long own_kib(const char *pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static int open_many(uint16_t port, long count)
{
	for (long i = 0; i < count; i++) {
		if (dial(port) < 0) {
			perror("a connection");
			return -1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	long count = argc == 4 ? atol(argv[3]) : 0, before, after;
	uint16_t port = argc == 4 ? (uint16_t)atoi(argv[1]) : 0;

	if (port == 0 || count < 1 || count > COUNT_MAX) {
		fprintf(stderr, "usage: %s PORT PID COUNT\n", argv[0]);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (open_many(port, WARM) < 0)
		return 1;
	before = own_kib(argv[2]);
	if (before < 0 || open_many(port, count) < 0)
		return 1;
	after = own_kib(argv[2]);
	printf("%ld\n", (after - before) * 1024 / count);
	return after < 0;
}
