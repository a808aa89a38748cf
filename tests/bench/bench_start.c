/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_start RUNS PROGRAM [ARGUMENT]...: how long a service takes from fork to READY=1 on its notify socket.
 * "@" in an argument becomes the number of the run, for a folder of its own each time.  Prints least and median, in ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 1000
#define ARGS_MAX 64
#define WAIT_MS 10000

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Autobind: a name in the abstract namespace that the kernel chooses. */
static int notify_socket(char *name, size_t cap)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa.sun_family)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return -1;
	n -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
	snprintf(name, cap, "@%.*s", (int)n - 1, sa.sun_path + 1);
	return fd;
}

static bool wait_ready(int fd, pid_t child)
{
	char text[4096];
	ssize_t n;

	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (poll(&p, 1, WAIT_MS) <= 0 || waitpid(child, NULL, WNOHANG) == child)
			return false;
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			return false;
		text[n] = '\0';
		if (strstr(text, "READY=1"))
			return true;
	}
}

/* Replace "@" by the number of the run. */
static char *argument(const char *text, int run)
{
	const char *at = strchr(text, '@');
	char *out = NULL;

	if (!at)
		return strdup(text);
	return asprintf(&out, "%.*s%d%s", (int)(at - text), text, run, at + 1) < 0 ? NULL : out;
}

static void become(char **args, const char *socket_name)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	setenv("NOTIFY_SOCKET", socket_name, 1);
	execv(args[0], args);
	_exit(127);
}

/* Microseconds, -1 when it did not become ready. */
static int64_t start_once(char **argv, int count, int run)
{
	char *args[ARGS_MAX + 1], name[128];
	int fd = notify_socket(name, sizeof(name));
	int64_t begin, took = -1;
	pid_t child;

	if (fd < 0)
		return -1;
	for (int i = 0; i < count; i++)
		args[i] = argument(argv[i], run);
	args[count] = NULL;
	begin = now_us();
	child = fork();
	if (child == 0)
		become(args, name);
	if (child > 0 && wait_ready(fd, child))
		took = now_us() - begin;
	if (child > 0 && took >= 0) {
		kill(child, SIGTERM);
		waitpid(child, NULL, 0);
	}
	close(fd);
	for (int i = 0; i < count; i++)
		free(args[i]);
	return took;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? atoi(argv[1]) : 0;
	int64_t us[RUNS_MAX];

	if (runs < 1 || runs > RUNS_MAX || argc - 2 > ARGS_MAX) {
		fprintf(stderr, "usage: %s RUNS PROGRAM [ARGUMENT]...\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < runs; i++) {
		us[i] = start_once(argv + 2, argc - 2, i);
		if (us[i] < 0) {
			fprintf(stderr, "%s did not become ready\n", argv[2]);
			return 1;
		}
	}
	qsort(us, (size_t)runs, sizeof(us[0]), by_value);
	printf("%.1f %.1f\n", (double)us[0] / 1000, (double)us[runs / 2] / 1000);
	return 0;
}
