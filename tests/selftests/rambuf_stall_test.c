// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transfer whose memory does not come does not keep others waiting. As root:
 * userfaultfd serves the kernel's faults only then.
 */
#include "device.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <linux/userfaultfd.h>

#include <devtrio/rambuf.h>

#define PAGE	4096L

/**
 * struct transfer - one that stalls
 * @fd: the device
 * @memory: a page that is there and one that is not until somebody serves it
 * @writes: or reads
 * @as_vector: by preadv(), which has more to do again than pread()
 * @result: what it returned
 * @error: the errno with which
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

	assert_works(fd);
	assert_works(ioctl(fd, UFFDIO_API, &api));
	assert_works(ioctl(fd, UFFDIO_REGISTER, &missing));
	return fd;
}

/* Everything that another file may do, while the transfer hangs. */
static void use_all(void)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct rambuf_info info;
	char bytes[32] = "";

	alarm(20);
	assert_int_equal(pwrite(fd, bytes, 32, 0), 32);
	assert_int_equal(pread(fd, bytes, 32, 0), 32);
	assert_works(ioctl(fd, RAMBUF_CLEAR));
	assert_works(ioctl(fd, RAMBUF_GET_INFO, &info));
	alarm(0);
	close(fd);
}

/* The content changes while it stalls, and then something happens. */
static void check_stall(struct transfer *transfer, void (*happens)(char *page))
{
	struct uffdio_zeropage zero = { .range = { .len = PAGE } };
	struct uffd_msg fault;
	pthread_t thread;
	int watcher;

	transfer->fd = open_or_fail("/dev/rambuf", O_RDWR);
	transfer->memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(transfer->memory, 's', PAGE);
	watcher = watch(transfer->memory + PAGE);

	assert_int_equal(pthread_create(&thread, NULL, run, transfer), 0);
	assert_int_equal(read(watcher, &fault, sizeof(fault)), sizeof(fault));
	use_all();
	if (happens)
		happens(transfer->memory);

	zero.range.start = (uintptr_t)transfer->memory + PAGE;
	assert_works(ioctl(watcher, UFFDIO_ZEROPAGE, &zero));
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(watcher);
	close(transfer->fd);
	munmap(transfer->memory, 2 * PAGE);
}

static void a_write_that_stalls_stalls_nobody(void **state)
{
	struct transfer transfer = { .writes = true };

	check_stall(&transfer, NULL);
	assert_int_equal(transfer.result, 16);
}

static void a_read_that_stalls_stalls_nobody(void **state)
{
	struct transfer transfer = { };

	check_stall(&transfer, NULL);
	assert_int_equal(transfer.result, 16);
	transfer.as_vector = true;
	check_stall(&transfer, NULL);
	assert_int_equal(transfer.result, 16);
}

static pid_t sharer;

/* What both have is written to a copy: it has to be brought in again. */
static void share(char *page)
{
	sharer = fork();
	if (!sharer) {
		pause();
		_exit(0);
	}
	assert_int_not_equal(sharer, -1);
}

static void a_read_brings_in_again_what_was_shared_meanwhile(void **state)
{
	struct transfer transfer = { .as_vector = true };

	check_stall(&transfer, share);
	assert_int_equal(transfer.result, 16);
	assert_works(kill(sharer, SIGKILL));
	assert_int_equal(waitpid(sharer, NULL, 0), sharer);
}

static void take_away(char *page)
{
	assert_works(mprotect(page, PAGE, PROT_NONE));
}

static void a_read_whose_memory_went_meanwhile_is_EFAULT(void **state)
{
	struct transfer transfer = { .as_vector = true };

	check_stall(&transfer, take_away);
	assert_int_equal(transfer.result, -1);
	assert_int_equal(transfer.error, EFAULT);
}

static void end_myself(char *page)
{
	kill(getpid(), SIGKILL);
}

static void a_read_that_stalls_can_be_killed(void **state)
{
	struct transfer transfer = { .as_vector = true };
	int status;
	pid_t reader = fork();

	if (!reader) {
		check_stall(&transfer, end_myself);
		_exit(1);
	}
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	use_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_that_stalls_stalls_nobody),
		cmocka_unit_test(a_read_that_stalls_stalls_nobody),
		cmocka_unit_test(a_read_brings_in_again_what_was_shared_meanwhile),
		cmocka_unit_test(a_read_whose_memory_went_meanwhile_is_EFAULT),
		cmocka_unit_test(a_read_that_stalls_can_be_killed),
	};

	return run_as_tap(tests);
}
