// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: tests of rambuf. The buffer is in use: restore the bytes that a
 * test overwrites at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/rambuf.h"
#include "test.h"

/* Others may write at the same time, but hardly each time. */
#define TRIES 5

/* How many bytes at the end the tests write over. */
#define BORROWED 16

/* Each test opens the device once; what it leaves open, the next one closes. */
static int reopen(int flags)
{
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = open(rambuf_device.path, flags | O_CLOEXEC);
	return fd;
}

static const char *test_info(void)
{
	struct rambuf_info info;
	int fd = reopen(O_RDONLY);

	EXPECT(!rambuf_get_info(fd, &info));
	EXPECT(info.size >= 1 && info.size <= RAMBUF_MAX_SIZE);
	EXPECT(info.count <= RAMBUF_MAX_COUNT && info.index < info.count);
	EXPECT(!info.reserved);
	EXPECT_ERRNO(ioctl(fd, RAMBUF_GET_INFO, NULL), EFAULT);
	return NULL;
}

static const char *test_seeks(void)
{
	struct rambuf_info info;
	int fd = reopen(O_RDONLY);
	off_t size;

	EXPECT(!rambuf_get_info(fd, &info));
	size = info.size;
	EXPECT(lseek(fd, 0, SEEK_END) == size);
	EXPECT(lseek(fd, -1, SEEK_CUR) == size - 1);
	EXPECT(lseek(fd, size, SEEK_SET) == size);
	EXPECT_ERRNO(lseek(fd, size + 1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, 1, SEEK_END), EINVAL);
	EXPECT_ERRNO(lseek(fd, 1, SEEK_CUR), EINVAL);
	EXPECT(lseek(fd, 0, SEEK_CUR) == size);
	EXPECT(lseek(fd, 0, SEEK_DATA) == 0);
	EXPECT(lseek(fd, 0, SEEK_HOLE) == size);
	EXPECT_ERRNO(lseek(fd, size, SEEK_DATA), ENXIO);
	return NULL;
}

static const char *test_end(void)
{
	char byte, bytes[2] = "";
	int fd = reopen(O_RDWR);
	off_t size;

	size = lseek(fd, 0, SEEK_END);
	EXPECT(size > 0);
	EXPECT(read(fd, &byte, 1) == 0);
	EXPECT(pread(fd, bytes, 2, size - 1) == 1);
	EXPECT_ERRNO(write(fd, "x", 1), ENOSPC);
	EXPECT_ERRNO(pwrite(fd, "x", 1, size), ENOSPC);
	EXPECT_ERRNO(write(reopen(O_WRONLY | O_APPEND), "x", 1), ENOSPC);
	EXPECT_ERRNO(read(reopen(O_WRONLY), &byte, 1), EBADF);
	return NULL;
}

/* Between the loan and its return: short, and no signal comes. */
static const char *use_loan(int fd, off_t at, size_t size, const char *pattern)
{
	struct rambuf_info before, after;
	char found[BORROWED];

	EXPECT(!rambuf_get_info(fd, &before));
	/* One byte more than there is room for. */
	EXPECT(pwrite(fd, pattern, size + 1, at) == (ssize_t)size);
	EXPECT(!rambuf_get_info(fd, &after));
	EXPECT(after.generation > before.generation);
	EXPECT(pread(fd, found, size, at) == (ssize_t)size);
	EXPECT(!memcmp(found, pattern, size));
	return NULL;
}

static const char *test_round_trip(void)
{
	char saved[BORROWED], now[BORROWED], pattern[BORROWED + 1];
	int fd = reopen(O_RDWR);
	sigset_t all, former;
	const char *why;
	off_t at, end;
	size_t size, i;

	end = lseek(fd, 0, SEEK_END);
	EXPECT(end > 0);
	size = end < BORROWED ? end : BORROWED;
	at = end - size;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &former);
	if (pread(fd, saved, size, at) != (ssize_t)size) {
		sigprocmask(SIG_SETMASK, &former, NULL);
		return tap_failed("can't read the end");
	}
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i < size ? ~saved[i] : 0;
	why = use_loan(fd, at, size, pattern);
	/* If somebody has written there since, that is what shall stay. */
	if (pread(fd, now, size, at) == (ssize_t)size &&
	    !memcmp(now, pattern, size) &&
	    pwrite(fd, saved, size, at) != (ssize_t)size)
		why = tap_failed("can't put back what was there");
	sigprocmask(SIG_SETMASK, &former, NULL);
	return why;
}

static const char *test_read_only(void)
{
	int fd = reopen(O_RDONLY);

	EXPECT_ERRNO(rambuf_clear(fd), EBADF);
	EXPECT_ERRNO(ioctl(fd, RAMBUF_NOTIFY), EBADF);
	EXPECT_ERRNO(write(fd, "x", 1), EBADF);
	return NULL;
}

static const char *test_raw(void)
{
	struct rambuf_info before, after;
	int fd = reopen(O_RDWR);
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		EXPECT(!rambuf_get_info(fd, &before));
		EXPECT(!ioctl(fd, RAMBUF_RAW_0, 0));
		EXPECT(!ioctl(fd, RAMBUF_RAW_1, 12345));
		EXPECT(!rambuf_get_info(fd, &after));
		if (before.generation == after.generation)
			return NULL;
	}
	EXPECT(before.generation == after.generation);
	return NULL;
}

static const char *test_notify(void)
{
	struct rambuf_info before, after;
	int fd = reopen(O_RDWR);

	EXPECT(!rambuf_get_info(fd, &before));
	EXPECT(!ioctl(fd, RAMBUF_NOTIFY));
	EXPECT(!rambuf_get_info(fd, &after));
	EXPECT(after.generation > before.generation);
	return NULL;
}

static short events_of(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&poller, 1, 0) < 0 ? -1 : poller.revents;
}

/* RAMBUF_NOTIFY counts as a change, and changes nothing. */
static const char *expect_wakes(int writer, int reader)
{
	struct rambuf_info info;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		EXPECT(!rambuf_get_info(writer, &info));
		EXPECT(!rambuf_get_info(reader, &info));
		if (events_of(reader) != POLLOUT)
			continue;
		EXPECT(!ioctl(writer, RAMBUF_NOTIFY));
		EXPECT(events_of(reader) == (POLLIN | POLLOUT));
		if (events_of(writer) == POLLOUT)
			break;
	}
	EXPECT(tries < TRIES);
	EXPECT(!rambuf_get_info(reader, &info));
	return NULL;
}

static const char *test_poll(void)
{
	int writer = reopen(O_RDWR);
	int reader = open(rambuf_device.path, O_RDONLY | O_CLOEXEC);
	const char *why = expect_wakes(writer, reader);

	close(reader);
	return why;
}

/* The generation is as before, so that nobody wrote in between. */
static const char *expect_same(int fd, const char *map, char *bytes,
			       size_t size)
{
	struct rambuf_info before, after;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		EXPECT(!rambuf_get_info(fd, &before));
		EXPECT(rambuf_read(fd, 0, bytes, size) == size);
		if (!memcmp(map, bytes, size))
			return NULL;
		EXPECT(!rambuf_get_info(fd, &after));
		if (before.generation == after.generation)
			break;
	}
	return tap_failed("the mapping is not what is read");
}

static const char *test_map(void)
{
	int fd = reopen(O_RDONLY);
	const char *why, *map;
	size_t size, length;
	char *bytes;

	size = lseek(fd, 0, SEEK_END);
	length = (size + getpagesize() - 1) & -getpagesize();
	EXPECT_ERRNO((long)mmap(NULL, length, PROT_READ | PROT_WRITE,
				MAP_SHARED, fd, 0), EACCES);
	EXPECT_ERRNO((long)mmap(NULL, length + 1, PROT_READ, MAP_SHARED, fd, 0),
		     EINVAL);
	map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(map != MAP_FAILED);
	bytes = malloc(size);
	why = bytes ? expect_same(fd, map, bytes, size) :
		      tap_failed("not enough memory");
	free(bytes);
	munmap((void *)map, length);
	return why;
}

static const char *test_nowait(void)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	int fd = reopen(O_RDONLY);
	ssize_t n = preadv2(fd, &iov, 1, 0, RWF_NOWAIT);

	EXPECT(n == 1 || (n == -1 && errno == EAGAIN));
	return NULL;
}

static const char *test_splice(void)
{
	int fd = reopen(O_RDONLY), ends[2];
	loff_t at = 0;
	ssize_t n;

	EXPECT(!pipe2(ends, O_CLOEXEC));
	n = splice(fd, &at, ends[1], NULL, 1, 0);
	close(ends[0]);
	close(ends[1]);
	EXPECT(n == 1 && at == 1);
	return NULL;
}

static const char *test_buffers(void)
{
	struct rambuf_info info, other;
	int fd = reopen(O_RDONLY);
	char path[64];
	unsigned int i;
	bool ok;

	EXPECT(!rambuf_get_info(fd, &info));
	EXPECT(!info.index);
	for (i = 1; i < info.count; i++) {
		rambuf_node(i, path, sizeof(path));
		fd = open(path, O_RDWR | O_CLOEXEC);
		ok = fd >= 0 && !rambuf_get_info(fd, &other) &&
		     other.index == i && other.count == info.count &&
		     other.size == info.size;
		close(fd);
		EXPECT(ok);
	}
	return NULL;
}

static const char *test_unknown_ioctl(void)
{
	int fd = reopen(O_RDWR);

	EXPECT_ERRNO(ioctl(fd, _IO(0xBE, 0x2f), NULL), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, 3, NULL), ENOTTY);
	return NULL;
}

static const struct tap_test tests[] = {
	{ "it tells its size and generation", test_info },
	{ "seeks reach from 0 to the size", test_seeks },
	{ "at the end, a read is 0 and a write ENOSPC", test_end },
	{ "what is written is read back, and short at the end",
	  test_round_trip },
	{ "a read-only file can't clear, notify or write", test_read_only },
	{ "a notification counts as a change", test_notify },
	{ "poll() tells of others' changes, not of one's own", test_poll },
	{ "a mapping has what is read, and is no larger", test_map },
	{ "a read without waiting returns or is EAGAIN", test_nowait },
	{ "it can be spliced into a pipe", test_splice },
	{ "each buffer opens and knows its number", test_buffers },
	{ "the raw commands 0 and 1 change nothing", test_raw },
	{ "an unknown ioctl is ENOTTY", test_unknown_ioctl },
};

const struct suite rambuf_suite = {
	.device = &rambuf_device,
	.flags = O_RDWR,
	.tests = tests,
	.count = ARRAY_SIZE(tests),
};
