/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the driver tests. Include it first: cmocka.h needs that order. */
#ifndef DEVICE_H
#define DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
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

static inline long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Long enough for a guest on a busy host. */
#define PATIENCE_MS	20000

/*
 * Wait for POLLIN and return the events; 0 unless a wake-up ended the wait. At its
 * time-out poll() checks once more, and reports what it was not woken up for.
 */
static inline int woken(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	long start = now_ms();

	if (poll(&poller, 1, PATIENCE_MS) != 1 ||
	    now_ms() - start > PATIENCE_MS / 4)
		return 0;
	return poller.revents;
}

/* Wait until this process sleeps, as in poll(). */
static inline void await_sleep(pid_t process)
{
	char path[64], line[256], *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", process);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
		line[n > 0 ? n : 0] = '\0';
		state = strrchr(line, ')');
	} while (!state || state[2] != 'S');
}

/*
 * Which tests run. The lab runs all. A live machine runs those marked live_test(), which
 * restore what they change, write no buffer that holds data, and make no sound; with
 * --sound also those marked sound_test(), which use a silent buzzer for a moment.
 */
enum { LAB, LIVE, SOUND };

#define live_test(test)		{ #test, test, NULL, NULL, (void *)LIVE }
#define sound_test(test)	{ #test, test, NULL, NULL, (void *)SOUND }

/* Run by `devtrio test`: --live is the first argument. */
static bool on_live_machine;

/* Other programs can interfere on a live machine: retry there. */
#define TRIES	(on_live_machine ? 10 : 1)

#define assert_in_tries(condition)					\
	do {								\
		int try_ = 1;						\
									\
		while (!(condition))					\
			if (try_++ == TRIES)				\
				fail_msg("%s", #condition);		\
	} while (0)

/* The machine lacks what the test needs. */
#define skip_because(why)						\
	do {								\
		print_message("# %s\n", why);				\
		skip();							\
	} while (0)

static inline bool has_argument(char **argv, const char *wanted)
{
	while (*++argv)
		if (!strcmp(*argv, wanted))
			return true;
	return false;
}

/* End the children as well: one that was just forked would outlive this program. */
static inline void end_group(int sig)
{
	kill(0, SIGKILL);
}

static inline int run_selftests(char **argv, struct CMUnitTest *tests,
				size_t count, CMFixtureFunction setup)
{
	const char *seconds = getenv("SELFTEST_SECONDS");
	uintptr_t most = has_argument(argv, "--sound") ? SOUND : LIVE;
	size_t i, kept = 0;

	on_live_machine = has_argument(argv, "--live");
	for (i = 0; on_live_machine && i < count; i++) {
		uintptr_t mark = (uintptr_t)tests[i].initial_state;

		if (mark != LAB && mark <= most)
			tests[kept++] = tests[i];
	}
	/* End when `devtrio test` is interrupted: nothing sounds then. */
	if (on_live_machine) {
		setpgid(0, 0);
		signal(SIGTERM, end_group);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	}
	/* A test that hangs ends its program, not the guest. */
	alarm(seconds ? atoi(seconds) : 120);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("tests", tests,
				       on_live_machine ? kept : count, setup,
				       NULL);
}

#define run_as_tap_after(setup, tests) \
	run_selftests(argv, tests, sizeof(tests) / sizeof((tests)[0]), setup)
#define run_as_tap(tests)	run_as_tap_after(NULL, tests)

#endif /* DEVICE_H */
