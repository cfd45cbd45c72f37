// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transfer whose memory does not come does not keep others waiting. As root:
 * userfaultfd serves the kernel's faults only then.
 */
#include "device.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include <linux/userfaultfd.h>

#include <devtrio/rambuf.h>

#define PAGE	4096L

/**
 * struct transfer - one that stalls
 * @fd: the device
 * @memory: a page that is there and one that is not until somebody serves it
 * @writes: or reads
 * @result: what it returned
 */
struct transfer {
	int fd;
	char *memory;
	bool writes;
	ssize_t result;
};

static void *run(void *arg)
{
	struct transfer *transfer = arg;
	char *at = transfer->memory + PAGE - 8;

	transfer->result = transfer->writes ? pwrite(transfer->fd, at, 16, 0) :
					      pread(transfer->fd, at, 16, 0);
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

static void check_stall(bool writes)
{
	struct transfer transfer = { .writes = writes };
	struct uffdio_zeropage zero = { .range = { .len = PAGE } };
	struct uffd_msg fault;
	pthread_t thread;
	int watcher;

	transfer.fd = open_or_fail("/dev/rambuf", O_RDWR);
	transfer.memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(transfer.memory, 's', PAGE);
	watcher = watch(transfer.memory + PAGE);

	assert_int_equal(pthread_create(&thread, NULL, run, &transfer), 0);
	assert_int_equal(read(watcher, &fault, sizeof(fault)), sizeof(fault));
	use_all();

	zero.range.start = (uintptr_t)transfer.memory + PAGE;
	assert_works(ioctl(watcher, UFFDIO_ZEROPAGE, &zero));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(transfer.result, 16);
	close(watcher);
	close(transfer.fd);
	munmap(transfer.memory, 2 * PAGE);
}

static void a_write_that_stalls_stalls_nobody(void **state)
{
	check_stall(true);
}

static void a_read_that_stalls_stalls_nobody(void **state)
{
	check_stall(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_that_stalls_stalls_nobody),
		cmocka_unit_test(a_read_that_stalls_stalls_nobody),
	};

	return run_as_tap(tests);
}
