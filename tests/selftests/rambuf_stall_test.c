// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that a transfer that waits for its caller's memory does not block others.
 * Runs as root, because userfaultfd must handle faults in the kernel.
 */
#include "device.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <linux/userfaultfd.h>

#include <devtrio/rambuf.h>

#define PAGE	4096L

/**
 * struct transfer - a transfer that stalls
 * @fd: device
 * @memory: a present page and a missing one, which userfaultfd provides
 * @writes: write instead of read
 * @as_vector: use preadv(), which has more to retry than pread()
 * @result: return value
 * @error: errno
 */
struct transfer {
	int fd;
	char *memory;
	bool writes;
	bool as_vector;
	ssize_t result;
	int error;
};

static void *run(void *arg)
{
	struct transfer *transfer = arg;
	char *at = transfer->memory + PAGE - 8;
	struct iovec piece = { .iov_base = at, .iov_len = 16 };

	if (transfer->writes)
		transfer->result = pwrite(transfer->fd, at, 16, 0);
	else if (transfer->as_vector)
		transfer->result = preadv(transfer->fd, &piece, 1, 0);
	else
		transfer->result = pread(transfer->fd, at, 16, 0);
	transfer->error = errno;
	return NULL;
}

static int watch(char *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = {
		.range = { (uintptr_t)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	return ioctl(fd, UFFDIO_API, &api) ||
	       ioctl(fd, UFFDIO_REGISTER, &missing) ? -1 : fd;
}

/* Use the buffer through another file while the transfer stalls. */
static bool use_all(void)
{
	int fd = open("/dev/rambuf", O_RDWR | O_CLOEXEC);
	struct rambuf_info info;
	char bytes[32] = "";
	bool works;

	alarm(20);
	works = pwrite(fd, bytes, 32, 0) == 32 &&
		pread(fd, bytes, 32, 0) == 32 && !ioctl(fd, RAMBUF_CLEAR) &&
		!ioctl(fd, RAMBUF_GET_INFO, &info);
	alarm(0);
	close(fd);
	return works;
}

/*
 * Change the content and call happens() while the transfer stalls. Return false if
 * a call fails: a child runs this, which cannot use assert_...().
 */
static bool stall(struct transfer *transfer, void (*happens)(char *page))
{
	struct uffdio_zeropage zero = { .range = { .len = PAGE } };
	struct uffd_msg fault;
	pthread_t thread;
	int watcher;

	transfer->fd = open("/dev/rambuf", O_RDWR | O_CLOEXEC);
	transfer->memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (transfer->memory == MAP_FAILED)
		return false;
	memset(transfer->memory, 's', PAGE);
	watcher = watch(transfer->memory + PAGE);

	if (watcher < 0 || pthread_create(&thread, NULL, run, transfer) ||
	    read(watcher, &fault, sizeof(fault)) != sizeof(fault) ||
	    !use_all())
		return false;
	if (happens)
		happens(transfer->memory);

	zero.range.start = (uintptr_t)transfer->memory + PAGE;
	if (ioctl(watcher, UFFDIO_ZEROPAGE, &zero) ||
	    pthread_join(thread, NULL))
		return false;
	close(watcher);
	close(transfer->fd);
	munmap(transfer->memory, 2 * PAGE);
	return true;
}

static void stalled_write_does_not_block_others(void **state)
{
	struct transfer transfer = { .writes = true };

	assert_true(stall(&transfer, NULL));
	assert_int_equal(transfer.result, 16);
}

static void stalled_read_does_not_block_others(void **state)
{
	struct transfer transfer = { };

	assert_true(stall(&transfer, NULL));
	assert_int_equal(transfer.result, 16);
	transfer.as_vector = true;
	assert_true(stall(&transfer, NULL));
	assert_int_equal(transfer.result, 16);
}

static pid_t sharer;

/* After a fork the page is copied on write and must be faulted in again. */
static void share(char *page)
{
	sharer = fork();
	if (!sharer) {
		pause();
		_exit(0);
	}
	assert_int_not_equal(sharer, -1);
}

static void stalled_read_retries_after_a_fork(void **state)
{
	struct transfer transfer = { .as_vector = true };

	assert_true(stall(&transfer, share));
	assert_int_equal(transfer.result, 16);
	assert_works(kill(sharer, SIGKILL));
	assert_int_equal(waitpid(sharer, NULL, 0), sharer);
}

static void take_away(char *page)
{
	assert_works(mprotect(page, PAGE, PROT_NONE));
}

static void read_fails_if_memory_becomes_inaccessible(void **state)
{
	struct transfer transfer = { .as_vector = true };

	assert_true(stall(&transfer, take_away));
	assert_int_equal(transfer.result, -1);
	assert_int_equal(transfer.error, EFAULT);
}

static void end_myself(char *page)
{
	kill(getpid(), SIGKILL);
}

static void stalled_read_can_be_killed(void **state)
{
	struct transfer transfer = { .as_vector = true };
	int status;
	pid_t reader = fork();

	if (!reader) {
		stall(&transfer, end_myself);
		_exit(1);
	}
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_true(use_all());
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(stalled_write_does_not_block_others),
		cmocka_unit_test(stalled_read_does_not_block_others),
		cmocka_unit_test(stalled_read_retries_after_a_fork),
		cmocka_unit_test(read_fails_if_memory_becomes_inaccessible),
		cmocka_unit_test(stalled_read_can_be_killed),
	};

	return run_as_tap(tests);
}
