// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run random file operations and compare each result, and finally each byte,
 * with a model in memory.
 * usage: rambuf_model [SEED [OPERATIONS]]
 * Needs exclusive access to the buffer. Pass the printed seed to repeat a run.
 */
#include "device.h"

#include <inttypes.h>
#include <sys/uio.h>
#include <time.h>

#include <devtrio/rambuf.h>

#define PAGE	4096
#define OPEN	3	/* files at once */
#define MOST	(3 * PAGE)	/* bytes in most transfers */

static uint64_t seed, state, generation;
static bool counted;	/* generation is known */
static unsigned long step, count = 100000;
static const char *doing = "starting";
static size_t size;
static char *model, *scratch, *map;

/**
 * struct opened - an open file
 * @fd: file descriptor
 * @offset: expected offset
 */
static struct opened {
	int fd;
	size_t offset;
} files[OPEN];

static int channel[2];	/* a pipe, empty between the operations */

#define EXPECT(condition)						\
	do {								\
		if (!(condition))					\
			fail_msg("seed %" PRIu64 ", operation %lu: %s: %s (%s)", \
				 seed, step, doing, #condition,		\
				 strerror(errno));			\
	} while (0)

/* splitmix64: independent of the C library. */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(size_t bound)
{
	return next() % bound;
}

/* Prefer the start, the end and page boundaries. */
static size_t some_offset(void)
{
	switch (below(6)) {
	case 0:
		return below(4);
	case 1:
		return size - below(size < 4 ? size : 4);
	case 2:
		return size + below(3 * PAGE);
	case 3:
		return below(size / PAGE + 1) * PAGE + below(3);
	default:
		return below(size + 1);
	}
}

static size_t some_length(void)
{
	return below(200) ? below(below(4) ? 100 : MOST) : below(size + 100);
}

/* Expected result of a transfer at this offset. */
static size_t fitting(size_t offset, size_t length)
{
	if (offset >= size)
		return 0;
	return length < size - offset ? length : size - offset;
}

static void fill(char *bytes, size_t length)
{
	memset(bytes, next(), length);
	if (length > 8)
		memcpy(bytes + below(length - 8), &state, 8);
}

static struct opened *some_file(void)
{
	return &files[below(OPEN)];
}

static void expect_read(ssize_t n, size_t offset, size_t length)
{
	EXPECT(n == (ssize_t)fitting(offset, length));
	EXPECT(!memcmp(scratch, model + offset, n));
}

static void expect_written(ssize_t n, size_t offset, size_t length)
{
	if (length && offset >= size) {
		EXPECT(n == -1 && errno == ENOSPC);
		return;
	}
	EXPECT(n == (ssize_t)fitting(offset, length));
	memcpy(model + offset, scratch, n);
	generation += n > 0;
}

static void do_read(void)
{
	struct opened *file = some_file();
	size_t length = some_length();
	ssize_t n = read(file->fd, scratch, length);

	expect_read(n, file->offset, length);
	file->offset += n;
}

static void do_pread(void)
{
	size_t offset = some_offset(), length = some_length();

	expect_read(pread(some_file()->fd, scratch, length, offset), offset,
		    length);
}

static void do_write(void)
{
	struct opened *file = some_file();
	size_t length = some_length();
	ssize_t n;

	fill(scratch, length);
	n = write(file->fd, scratch, length);
	expect_written(n, file->offset, length);
	file->offset += n > 0 ? n : 0;
}

static void do_pwrite(void)
{
	size_t offset = some_offset(), length = some_length();

	fill(scratch, length);
	expect_written(pwrite(some_file()->fd, scratch, length, offset), offset,
		       length);
}

/* Split scratch into three parts. */
static size_t split(struct iovec *parts)
{
	size_t i, length = 0;

	for (i = 0; i < 3; i++) {
		parts[i].iov_base = scratch + length;
		parts[i].iov_len = below(PAGE);
		length += parts[i].iov_len;
	}
	return length;
}

static void do_preadv(void)
{
	struct iovec parts[3];
	size_t offset = some_offset(), length = split(parts);

	expect_read(preadv2(some_file()->fd, parts, 3, offset,
			    below(2) ? RWF_NOWAIT : 0), offset, length);
}

static void do_pwritev(void)
{
	struct iovec parts[3];
	size_t offset = some_offset(), length = split(parts);

	fill(scratch, length);
	expect_written(pwritev2(some_file()->fd, parts, 3, offset,
				below(2) ? RWF_NOWAIT : 0), offset, length);
}

static void do_seek(void)
{
	struct opened *file = some_file();
	off_t by = (off_t)some_offset() - (off_t)below(size + 1), to = by;
	int whence = below(5);
	off_t got = lseek(file->fd, by, whence);

	if (whence == SEEK_CUR)
		to += file->offset;
	else if (whence == SEEK_END)
		to += size;
	else if (whence == SEEK_HOLE && by >= 0 && by < (off_t)size)
		to = size;
	else if ((whence == SEEK_DATA || whence == SEEK_HOLE) &&
		 (by < 0 || by >= (off_t)size)) {
		EXPECT(got == -1 && errno == ENXIO);
		return;
	}
	if (to < 0 || to > (off_t)size) {
		EXPECT(got == -1 && errno == EINVAL);
		return;
	}
	EXPECT(got == to);
	file->offset = to;
}

static void do_load(void)
{
	size_t offset = below(size), length = fitting(offset, some_length());

	EXPECT(!memcmp(map + offset, model + offset, length));
}

static void do_store(void)
{
	size_t offset = below(size), length = fitting(offset, some_length());

	fill(map + offset, length);
	memcpy(model + offset, map + offset, length);
}

/* Use a new mapping of a file that is closed again. */
static void do_map(void)
{
	size_t offset = below((size + PAGE - 1) / PAGE) * PAGE;
	size_t length = fitting(offset, 1 + below(MOST));
	bool shared = below(2);
	int fd = open("/dev/rambuf", O_RDWR);
	char *part = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  shared ? MAP_SHARED : MAP_PRIVATE, fd, offset);

	EXPECT(part != MAP_FAILED);
	close(fd);
	EXPECT(!memcmp(part, model + offset, length));
	fill(part, length);
	if (shared)
		memcpy(model + offset, part, length);
	EXPECT(!munmap(part, length));
}

static void do_splice_out(void)
{
	loff_t offset = some_offset();
	size_t at = offset, length = 1 + below(MOST), fit = fitting(at, length);
	ssize_t n = splice(some_file()->fd, &offset, channel[1], NULL, length,
			   0);

	/* The pipe may take less, but at least one byte. */
	EXPECT(fit ? n > 0 && n <= (ssize_t)fit : !n);
	EXPECT(offset == (loff_t)at + n);
	EXPECT(read(channel[0], scratch, n) == n);
	EXPECT(!memcmp(scratch, model + at, n));
}

static void do_splice_in(void)
{
	loff_t offset = some_offset();
	size_t at = offset, length = 1 + below(MOST);
	ssize_t n;

	fill(scratch, length);
	EXPECT(write(channel[1], scratch, length) == (ssize_t)length);
	n = splice(channel[0], NULL, some_file()->fd, &offset, length, 0);
	if (at >= size) {
		EXPECT(n == -1 && errno == ENOSPC);
		n = 0;
	} else {
		EXPECT(n > 0 && n <= (ssize_t)fitting(at, length));
		EXPECT(offset == (loff_t)at + n);
		memcpy(model + at, scratch, n);
		/* The number of writes depends on the pages of the pipe. */
		counted = false;
	}
	/* Drain the rest from the pipe. */
	if (n < (ssize_t)length)
		EXPECT(read(channel[0], scratch, length) ==
		       (ssize_t)length - n);
}

static void do_append(void)
{
	struct iovec part = { scratch, 1 + below(100) };

	EXPECT(pwritev2(some_file()->fd, &part, 1, below(size), RWF_APPEND) ==
	       -1 && errno == ENOSPC);
}

static void do_info(void)
{
	struct rambuf_info info;

	EXPECT(!ioctl(some_file()->fd, RAMBUF_GET_INFO, &info));
	EXPECT(info.size == size);
	EXPECT(!counted || info.generation == generation);
	generation = info.generation;
	counted = true;
}

static void do_notify(void)
{
	do_info();
	EXPECT(!ioctl(some_file()->fd, RAMBUF_NOTIFY));
	generation++;
}

static void do_clear(void)
{
	do_info();
	EXPECT(!ioctl(some_file()->fd, RAMBUF_CLEAR));
	memset(model, 0, size);
	generation++;
}

static void do_reopen(void)
{
	struct opened *file = some_file();

	close(file->fd);
	file->fd = open("/dev/rambuf", O_RDWR | (below(2) ? O_TRUNC : 0));
	file->offset = 0;
	EXPECT(file->fd >= 0);
}

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int weight;
} operations[] = {
	{ "read", do_read, 10 }, { "pread", do_pread, 10 },
	{ "write", do_write, 10 }, { "pwrite", do_pwrite, 10 },
	{ "preadv2", do_preadv, 5 }, { "pwritev2", do_pwritev, 5 },
	{ "lseek", do_seek, 15 }, { "load", do_load, 10 },
	{ "store", do_store, 10 }, { "mmap", do_map, 2 },
	{ "splice from", do_splice_out, 4 }, { "splice to", do_splice_in, 4 },
	{ "append", do_append, 1 }, { "info", do_info, 4 },
	{ "notify", do_notify, 1 }, { "clear", do_clear, 1 },
	{ "reopen", do_reopen, 1 },
};

static void operate(void)
{
	size_t i, sum = 0, choice;

	for (i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		sum += operations[i].weight;
	choice = below(sum);
	for (i = 0; choice >= operations[i].weight; i++)
		choice -= operations[i].weight;
	doing = operations[i].name;
	operations[i].run();
}

static void prepare(void)
{
	struct rambuf_info info;
	int i;

	for (i = 0; i < OPEN; i++) {
		files[i].fd = open("/dev/rambuf", O_RDWR);
		EXPECT(files[i].fd >= 0);
	}
	EXPECT(!ioctl(files[0].fd, RAMBUF_GET_INFO, &info));
	size = info.size;
	generation = info.generation;
	EXPECT(!pipe(channel));
	model = malloc(size);
	scratch = malloc(size + MOST + 100);
	EXPECT(model && scratch);
	EXPECT(pread(files[0].fd, model, size, 0) == (ssize_t)size);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, files[0].fd,
		   0);
	EXPECT(map != MAP_FAILED);
}

static void operations_match_the_model(void **unused)
{
	print_message("# seed %" PRIu64 "\n", seed);
	prepare();
	for (step = 0; step < count; step++)
		operate();

	doing = "comparing all";
	EXPECT(pread(files[0].fd, scratch, size, 0) == (ssize_t)size);
	EXPECT(!memcmp(scratch, model, size));
	EXPECT(!memcmp(map, model, size));
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_match_the_model),
	};

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	state = seed;
	if (argc > 2)
		count = strtoul(argv[2], NULL, 0);
	return run_as_tap(tests);
}
