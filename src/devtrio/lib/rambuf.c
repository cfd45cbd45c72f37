// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to /dev/rambuf.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devtrio.h"
#include "rambuf.h"

int rambuf_get_info(int fd, struct rambuf_info *info)
{
	return ioctl(fd, RAMBUF_GET_INFO, info);
}

int rambuf_clear(int fd)
{
	return ioctl(fd, RAMBUF_CLEAR);
}

/**
 * rambuf_await_change() - wait until another open file changes the buffer
 * @fd: the buffer
 * @reader: a pipe; fail with EPIPE when its reader is gone
 */
int rambuf_await_change(int fd, int reader)
{
	struct pollfd files[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = reader },
	};

	do {
		if (poll(files, ARRAY_SIZE(files), -1) < 0) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		if (files[1].revents & (POLLERR | POLLHUP)) {
			errno = EPIPE;
			return -1;
		}
	} while (!(files[0].revents & POLLIN));
	return 0;
}

/* Use one call if possible: other writers can't interleave with it. */
static size_t transfer(int fd, bool out, uint64_t offset, char *bytes,
		       size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		errno = 0;
		n = out ? pwrite(fd, bytes + done, size - done, offset + done) :
			  pread(fd, bytes + done, size - done, offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

size_t rambuf_read(int fd, uint64_t offset, char *bytes, size_t size)
{
	return transfer(fd, false, offset, bytes, size);
}

size_t rambuf_write(int fd, uint64_t offset, const char *bytes, size_t size)
{
	return transfer(fd, true, offset, (char *)bytes, size);
}

/**
 * rambuf_node() - get the path of a buffer's node
 * @index: the buffer
 * @path: the result
 * @size: size of @path
 */
void rambuf_node(unsigned int index, char *path, size_t size)
{
	/* The first node is /dev/rambuf even without udev. */
	if (index)
		snprintf(path, size, "%s%u", rambuf_device.path, index);
	else
		snprintf(path, size, "%s", rambuf_device.path);
}
