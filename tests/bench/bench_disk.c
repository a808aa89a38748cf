/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the disk itself can do, to hold the broker's figures against: write and fdatasync in a bare loop.
 *   bench_disk FOLDER [SECONDS] [BYTES]
 * A line for each kind of file: blocks written before, only allocated, and a file that grows.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES (256 << 20)
#define CHUNK (1 << 20)

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void prepare(int fd, const char *kind, const char *zeros)
{
	if (strcmp(kind, "allocated") == 0 && posix_fallocate(fd, 0, FILE_BYTES) != 0)
		die("fallocate");
	for (off_t at = 0; strcmp(kind, "written before") == 0 && at < FILE_BYTES; at += CHUNK)
		if (pwrite(fd, zeros, CHUNK, at) != CHUNK)
			die("write");
	if (fsync(fd) != 0)
		die("fsync");
}

static void measure(int fd, const char *kind, double seconds, size_t bytes, const char *data)
{
	double start = now_s(), end = start + seconds, longest = 0, in_syncs = 0;
	size_t n = 0;
	off_t at = 0;
	while (now_s() < end) {
		if (pwrite(fd, data, bytes, at) != (ssize_t)bytes)
			die("write");
		at = at + 2 * (off_t)bytes > FILE_BYTES ? 0 : at + (off_t)bytes;
		double before = now_s();
		if (fdatasync(fd) != 0)
			die("fdatasync");
		double took = now_s() - before;
		in_syncs += took;
		longest = took > longest ? took : longest;
		n++;
	}
	printf("%-16s %zu bytes: %.0f syncs/s, %.0f us each, longest %.1f ms\n", kind, bytes, (double)n / (now_s() - start),
	       in_syncs / (double)n * 1e6, longest * 1e3);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "written before", "allocated", "growing" };
	double seconds = argc > 2 ? atof(argv[2]) : 1;
	size_t bytes = argc > 3 ? (size_t)atol(argv[3]) : 16384;
	char *mem = calloc(1, CHUNK);
	if (argc < 2 || !mem || bytes < 1 || bytes > CHUNK || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: bench_disk FOLDER [SECONDS] [BYTES, at most 1 MiB]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int fd = open("bench-disk", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0)
			die("bench-disk");
		memset(mem, 0, CHUNK);
		prepare(fd, kinds[i], mem);
		memset(mem, 'x', bytes);
		measure(fd, kinds[i], seconds, bytes, mem);
		close(fd);
		unlink("bench-disk");
	}
	free(mem);
	return 0;
}
