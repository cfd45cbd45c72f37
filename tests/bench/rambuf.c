// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare the time per call on /dev/rambuf, a file in /dev/shm and a memfd of the
 * same size. Run as root in a guest, with rambuf loaded with size=1048576.
 * usage: rambuf icount|wall [quick]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include <devtrio/rambuf.h>

#define MAX_ROUNDS	15
#define READERS		4

static bool icount;
static int rounds;
static size_t size;
static _Alignas(4096) char memory[1 << 20];

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "rambuf: %s: %s\n", #condition,	\
				strerror(errno));			\
			exit(1);					\
		}							\
	} while (0)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/**
 * struct file - a file to measure
 * @path: its path, to open it again
 * @fd: an open file
 * @map: a shared mapping of all of it
 */
struct file {
	const char *path;
	int fd;
	char *map;
};

/* A job repeats an operation on @length bytes of a file @times times. */
typedef void job(const struct file *file, size_t length, int times);

static void read_at(const struct file *file, size_t length, int times)
{
	size_t offset = 0;

	while (times--) {
		CHECK(pread(file->fd, memory, length, offset) ==
		      (ssize_t)length);
		offset = (offset + length) % size;
	}
}

static void write_at(const struct file *file, size_t length, int times)
{
	size_t offset = 0;

	while (times--) {
		CHECK(pwrite(file->fd, memory, length, offset) ==
		      (ssize_t)length);
		offset = (offset + length) % size;
	}
}

/* Copy into and out of an existing mapping. */
static void copy_mapped(const struct file *file, size_t length, int times)
{
	size_t offset = 0;

	while (times--) {
		memcpy(memory, file->map + offset, length);
		memcpy(file->map + offset, memory, length);
		offset = (offset + length) % size;
	}
}

/* Map, write to each page, unmap. */
static void map_anew(const struct file *file, size_t length, int times)
{
	volatile char *map;
	size_t offset;

	while (times--) {
		map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
			   file->fd, 0);
		CHECK(map != MAP_FAILED);
		for (offset = 0; offset < length; offset += 4096)
			map[offset] = 1;
		munmap((void *)map, length);
	}
}

/* Read at the end of the file: measures only the call itself. */
static void read_nothing(const struct file *file, size_t length, int times)
{
	while (times--)
		CHECK(pread(file->fd, memory, length, size) == 0);
}

struct reader {
	pthread_t thread;
	pthread_barrier_t *start;
	struct file file;
	size_t length;
	int times;
};

static void *run_reader(void *arg)
{
	struct reader *reader = arg;
	char *bytes = aligned_alloc(4096, reader->length);
	int i;

	CHECK(bytes);
	pthread_barrier_wait(reader->start);
	for (i = 0; i < reader->times; i++)
		CHECK(pread(reader->file.fd, bytes, reader->length, 0) ==
		      (ssize_t)reader->length);
	free(bytes);
	return NULL;
}

static void read_by_four(const struct file *file, size_t length, int times)
{
	struct reader readers[READERS];
	pthread_barrier_t start;
	int i;

	pthread_barrier_init(&start, NULL, READERS);
	for (i = 0; i < READERS; i++) {
		readers[i] = (struct reader){
			.start = &start, .file = *file,
			.length = length, .times = times / READERS,
		};
		readers[i].file.fd = open(file->path, O_RDONLY);
		CHECK(readers[i].file.fd >= 0);
		CHECK(!pthread_create(&readers[i].thread, NULL, run_reader,
				      &readers[i]));
	}
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		close(readers[i].file.fd);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, rounds, sizeof(*values), by_value);
	return values[rounds / 2];
}

static double time_of(job *run, const struct file *file, size_t length,
		      int times)
{
	double start = now();

	run(file, length, times);
	return (now() - start) / times;
}

/* Choose the repetitions for a round just long enough for the clock. */
static int times_for(job *run, const struct file *file, size_t length)
{
	double one;

	/* Creating threads costs more than a few reads. */
	if (run == read_by_four)
		return length < 4096 ? 40000 : 8000;
	run(file, length, 8);
	one = time_of(run, file, length, 8);
	if (icount)
		return one < 100000 ? 400 : 40;
	return one > 1e6 ? 20 : 2e7 / one;
}

static void compare(const char *name, job *run, size_t length,
		    const struct file *ours, const struct file *peer)
{
	double a[MAX_ROUNDS], b[MAX_ROUNDS];
	int i, times = times_for(run, peer, length);

	times_for(run, ours, length);
	for (i = 0; i < rounds; i++) {
		a[i] = time_of(run, ours, length, times);
		b[i] = time_of(run, peer, length, times);
	}
	printf("BENCH rambuf/%s ours=%.1f peer=%.1f unit=ns n=%d\n", name,
	       median(a), median(b), rounds);
	fflush(stdout);
}

static struct file prepare(const char *path, int fd, bool truncate)
{
	struct file file = { .path = path, .fd = fd };

	CHECK(fd >= 0);
	CHECK(!truncate || !ftruncate(fd, size));
	CHECK(pwrite(fd, memory, size, 0) == (ssize_t)size);
	file.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(file.map != MAP_FAILED);
	memset(file.map, 'm', size);
	return file;
}

static void need_shm(void)
{
	struct statfs fs;

	mkdir("/dev/shm", 01777);
	if (statfs("/dev/shm", &fs) || fs.f_type != TMPFS_MAGIC ||
	    access("/dev/shm/.", W_OK))
		CHECK(!mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		job *run;
		size_t length;
		bool wall_only;
	} jobs[] = {
		{ "read_64", read_at, 64, false },
		{ "read_4k", read_at, 4096, false },
		{ "read_64k", read_at, 65536, false },
		{ "write_64", write_at, 64, false },
		{ "write_4k", write_at, 4096, false },
		{ "write_64k", write_at, 65536, false },
		{ "mmap", copy_mapped, 4096, false },
		{ "mmap_anew", map_anew, 1 << 20, false },
		/* Meaningless with a single CPU. */
		{ "readers4", read_by_four, 64, true },
		{ "readers4_4k", read_by_four, 4096, true },
	};
	struct file ours, shm, memfd, null = { .path = "/dev/null" };
	struct rambuf_info info;
	char name[64], memfd_path[32];
	size_t i;
	int fd;

	if (argc < 2 || (strcmp(argv[1], "icount") && strcmp(argv[1], "wall"))) {
		fprintf(stderr, "usage: rambuf icount|wall\n");
		return 2;
	}
	icount = !strcmp(argv[1], "icount");
	rounds = argc > 2 ? 1 : icount ? 5 : MAX_ROUNDS;
	memset(memory, 'b', sizeof(memory));

	fd = open("/dev/rambuf", O_RDWR);
	CHECK(fd >= 0);
	CHECK(!ioctl(fd, RAMBUF_GET_INFO, &info));
	size = info.size;
	if (size != sizeof(memory)) {
		fprintf(stderr, "rambuf: load it with size=%zu\n",
			sizeof(memory));
		return 1;
	}
	ours = prepare("/dev/rambuf", fd, false);
	need_shm();
	shm = prepare("/dev/shm/peer", open("/dev/shm/peer", O_RDWR | O_CREAT |
					    O_TRUNC, 0600), true);
	memfd = prepare(NULL, memfd_create("peer", 0), true);
	snprintf(memfd_path, sizeof(memfd_path), "/proc/self/fd/%d", memfd.fd);
	memfd.path = memfd_path;
	null.fd = open("/dev/null", O_RDONLY);

	for (i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		if (jobs[i].wall_only && icount)
			continue;
		snprintf(name, sizeof(name), "%s_vs_devshm", jobs[i].name);
		compare(name, jobs[i].run, jobs[i].length, &ours, &shm);
		snprintf(name, sizeof(name), "%s_vs_memfd", jobs[i].name);
		compare(name, jobs[i].run, jobs[i].length, &ours, &memfd);
	}
	/* An empty character device shows the lower bound. */
	compare("floor_vs_devnull", read_nothing, 64, &ours, &null);

	unlink("/dev/shm/peer");
	return 0;
}
