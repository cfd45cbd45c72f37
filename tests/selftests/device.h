/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the driver tests. Include it first: cmocka.h needs that order. */
#ifndef DEVICE_H
#define DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Check that the call fails with this errno. */
#define assert_errno(expected, call)					\
	do {								\
		errno = 0;						\
		assert_int_equal((call), -1);				\
		assert_int_equal(errno, expected);			\
	} while (0)

/* Check that the call succeeds; print the errno if not. */
#define assert_works(call)						\
	do {								\
		errno = 0;						\
		if ((call) < 0)						\
			fail_msg("%s: %s", #call, strerror(errno));	\
	} while (0)

static inline int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return fd;
}

/* For differences between kernel versions. */
static inline bool kernel_is_before(int major, int minor)
{
	struct utsname name;
	int its_major = 0, its_minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &its_major, &its_minor);
	return its_major < major ||
	       (its_major == major && its_minor < minor);
}

/* Map a page followed by an unmapped one, to trigger faults. */
static inline char *page_before_a_hole(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(munmap(page + size, size), 0);
	return page;
}

/* Exit code of a child, which cannot use assert_...(). */
static inline int exit_code_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define run_as_tap(tests)						\
	(cmocka_set_message_output(CM_OUTPUT_TAP),			\
	 cmocka_run_group_tests(tests, NULL, NULL))

#endif /* DEVICE_H */
