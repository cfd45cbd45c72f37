/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the rambuf tests. Include it first. */
#ifndef RAMBUF_TEST_H
#define RAMBUF_TEST_H

#include "device.h"

#include <devtrio/rambuf.h>

static size_t size;	/* of each buffer */

static inline int opened(int flags)
{
	return open_or_fail("/dev/rambuf", flags);
}

static inline int find_size(void **state)
{
	int fd = open("/dev/rambuf", O_RDONLY | O_CLOEXEC);
	off_t end = lseek(fd, 0, SEEK_END);

	(void)state;
	close(fd);
	size = end;
	return end > 0 ? 0 : -1;
}

static inline struct rambuf_info info_of(int fd)
{
	struct rambuf_info info;

	memset(&info, 0xa5, sizeof(info));
	assert_works(ioctl(fd, RAMBUF_GET_INFO, &info));
	return info;
}

static inline uint64_t generation_of(int fd)
{
	return info_of(fd).generation;
}

/* Check that the statement does not count as a change. */
#define assert_no_change(fd, ...)					\
	do {								\
		uint64_t before_;					\
		int try_ = 0;						\
									\
		do {							\
			assert_in_range(++try_, 1, TRIES);		\
			before_ = generation_of(fd);			\
			__VA_ARGS__;					\
		} while (generation_of(fd) != before_);			\
	} while (0)

/* Check the number of changes since; others add theirs on a live machine. */
static inline void assert_changes(int fd, uint64_t since, int changes)
{
	assert_in_range(generation_of(fd), since + changes,
			on_live_machine ? UINT64_MAX : since + changes);
}

#endif /* RAMBUF_TEST_H */
