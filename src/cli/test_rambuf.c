// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: the promises of rambuf. Its content is somebody's: what is
 * written over is put back at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <devtrio/rambuf.h>

#include "test.h"

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

	EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &info));
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

	EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &info));
	size = info.size;
	EXPECT(lseek(fd, 0, SEEK_END) == size);
	EXPECT(lseek(fd, -1, SEEK_CUR) == size - 1);
	EXPECT(lseek(fd, size, SEEK_SET) == size);
	EXPECT_ERRNO(lseek(fd, size + 1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, 1, SEEK_END), EINVAL);
	EXPECT_ERRNO(lseek(fd, 1, SEEK_CUR), EINVAL);
	EXPECT(lseek(fd, 0, SEEK_CUR) == size);
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
	EXPECT_ERRNO(read(reopen(O_WRONLY), &byte, 1), EBADF);
	return NULL;
}

/* Between the loan and its return: short, and no signal comes. */
static const char *use_loan(int fd, off_t at, size_t size, const char *pattern)
{
	struct rambuf_info before, after;
	char found[BORROWED];

	EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &before));
	/* One byte more than there is room for. */
	EXPECT(pwrite(fd, pattern, size + 1, at) == (ssize_t)size);
	EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &after));
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

	EXPECT_ERRNO(ioctl(fd, RAMBUF_CLEAR), EBADF);
	EXPECT_ERRNO(write(fd, "x", 1), EBADF);
	return NULL;
}

static const char *test_raw(void)
{
	struct rambuf_info before, after;
	int fd = reopen(O_RDWR);
	int tries;

	/* Others may write at the same time, but hardly each time. */
	for (tries = 0; tries < 5; tries++) {
		EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &before));
		EXPECT(!ioctl(fd, RAMBUF_RAW_0, 0));
		EXPECT(!ioctl(fd, RAMBUF_RAW_1, 12345));
		EXPECT(!ioctl(fd, RAMBUF_GET_INFO, &after));
		if (before.generation == after.generation)
			return NULL;
	}
	EXPECT(before.generation == after.generation);
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
	{ "a read-only file can't clear or write", test_read_only },
	{ "the raw commands 0 and 1 change nothing", test_raw },
	{ "an unknown ioctl is ENOTTY", test_unknown_ioctl },
};

const struct suite rambuf_suite = {
	.device = &rambuf_device,
	.flags = O_RDWR,
	.tests = tests,
	.count = ARRAY_SIZE(tests),
};
