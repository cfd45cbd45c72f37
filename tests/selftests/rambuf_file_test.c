// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test poll, splice, io_uring, RWF_ flags, multiple buffers, 32-bit callers and
 * large transfers as specified in devtrio/rambuf.h. The lab has three buffers of
 * about 1 MB.
 */
#include "rambuf.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <linux/io_uring.h>

/* Events that poll() reports now. */
static int ready(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_works(poll(&one, 1, 0));
	return one.revents;
}

static void seek_data_and_hole_treat_all_as_data(void **state)
{
	int fd = opened(O_RDONLY);

	assert_int_equal(lseek(fd, 0, SEEK_DATA), 0);
	assert_int_equal(lseek(fd, size - 1, SEEK_DATA), size - 1);
	assert_int_equal(lseek(fd, size - 1, SEEK_HOLE), size);
	assert_errno(ENXIO, lseek(fd, size, SEEK_DATA));
	assert_errno(ENXIO, lseek(fd, size, SEEK_HOLE));
	assert_errno(ENXIO, lseek(fd, -1, SEEK_DATA));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	close(fd);
}

static void append_fails_with_ENOSPC(void **state)
{
	int fd = opened(O_RDWR | O_APPEND), other = opened(O_RDWR);
	struct iovec part = { "x", 1 };

	assert_errno(ENOSPC, write(fd, "x", 1));
	assert_errno(ENOSPC, pwrite(fd, "x", 1, 0));
	assert_int_equal(write(fd, "", 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_errno(ENOSPC, pwritev2(other, &part, 1, 0, RWF_APPEND));
	close(fd);
	close(other);
}

static void fsync_and_fadvise_succeed(void **state)
{
	int fd = opened(O_RDWR | O_TRUNC);

	assert_works(fsync(fd));
	assert_works(fdatasync(fd));
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
	close(fd);
}

static void size_is_fixed(void **state)
{
	int fd = opened(O_RDWR | O_TRUNC);

	assert_errno(EINVAL, ftruncate(fd, 1));
	assert_int_equal(fallocate(fd, 0, 0, 2 * size), -1);
	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	close(fd);
	assert_errno(EINVAL, open("/dev/rambuf", O_RDWR | O_DIRECT));
	/* A container can have a read-only /sys. */
	if (!on_live_machine)
		assert_errno(EACCES, open("/sys/module/rambuf/parameters/size",
					  O_RDWR));
}

/* Two processes share an open file: each byte is read exactly once. */
static void shared_offset_is_serialized(void **state)
{
	int fd = opened(O_RDWR), i, share[2];
	size_t length = size < 20000 ? size : 20000;
	long count, sum = 0;
	pid_t child[2];

	assert_int_equal(lseek(fd, size - length, SEEK_SET), size - length);
	assert_works(pipe(share));
	for (i = 0; i < 2; i++) {
		child[i] = fork();
		if (!child[i]) {
			char byte;

			for (count = 0; read(fd, &byte, 1) == 1;)
				count++;
			_exit(write(share[1], &count, sizeof(count)) !=
			      sizeof(count));
		}
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(exit_code_of(child[i]), 0);
		assert_int_equal(read(share[0], &count, sizeof(count)),
				 sizeof(count));
		sum += count;
	}
	assert_int_equal(sum, length);
	close(share[0]);
	close(share[1]);
	close(fd);
}

static void node_of(unsigned int buffer, char path[32])
{
	if (buffer)
		snprintf(path, 32, "/dev/rambuf%u", buffer);
	else
		strcpy(path, "/dev/rambuf");
}

static void each_buffer_has_a_node(void **state)
{
	int first = opened(O_RDWR), fd;
	unsigned int i, count = info_of(first).count;
	struct rambuf_info info;
	char path[32];

	for (i = 0; i < count; i++) {
		node_of(i, path);
		fd = open_or_fail(path, O_RDWR);
		info = info_of(fd);
		assert_int_equal(info.index, i);
		assert_int_equal(info.count, count);
		assert_int_equal(info.size, size);
		close(fd);
	}
	node_of(count, path);
	assert_errno(ENOENT, open(path, O_RDWR));
	close(first);
}

static void buffers_are_separate(void **state)
{
	int first = opened(O_RDWR), second = open_or_fail("/dev/rambuf1", O_RDWR);
	char byte;

	assert_int_equal(info_of(first).count, 3);
	assert_int_equal(pwrite(first, "1", 1, 0), 1);
	assert_int_equal(pwrite(second, "2", 1, 0), 1);
	assert_int_equal(pread(first, &byte, 1, 0), 1);
	assert_int_equal(byte, '1');
	close(first);
	close(second);
}

/* A change that keeps the content of a live machine. */
static void change(int fd)
{
	if (on_live_machine)
		assert_works(ioctl(fd, RAMBUF_NOTIFY));
	else
		assert_int_equal(pwrite(fd, "p", 1, 0), 1);
}

/* False if a change by another program interferes. */
static bool poll_reports_a_change(void)
{
	int one = opened(O_RDWR), other = opened(O_RDWR);
	bool undisturbed = ready(one) == POLLOUT;
	char byte;

	change(other);
	assert_int_equal(ready(one), POLLIN | POLLOUT);
	assert_int_equal(ready(one), POLLIN | POLLOUT);
	undisturbed = undisturbed && ready(other) == POLLOUT;
	assert_int_equal(read(one, &byte, 1), 1);
	undisturbed = undisturbed && ready(one) == POLLOUT;
	close(one);
	close(other);
	return undisturbed;
}

static void poll_reports_changes_of_other_files(void **state)
{
	assert_in_tries(poll_reports_a_change());
}

static void poll_ignores_own_changes(void **state)
{
	int one = opened(O_RDWR), other = opened(O_RDWR);

	assert_int_equal(pwrite(one, "own", 3, 0), 3);
	assert_works(ioctl(one, RAMBUF_CLEAR));
	assert_int_equal(ready(one), POLLOUT);
	/* Own changes do not hide an earlier change of another file. */
	assert_int_equal(pwrite(other, "o", 1, 0), 1);
	assert_int_equal(pwrite(one, "own", 3, 0), 3);
	assert_int_equal(ready(one), POLLIN | POLLOUT);
	close(one);
	close(other);
}

static void get_info_resets_poll_but_empty_read_does_not(void **state)
{
	int one = opened(O_RDWR), other = opened(O_RDWR);
	char byte, *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);

	change(other);
	assert_int_equal(pread(one, &byte, 1, size), 0);
	assert_int_equal(pread(one, &byte, 0, 0), 0);
	assert_errno(EFAULT, pread(one, hole, 1, 0));
	assert_int_equal(ready(one), POLLIN | POLLOUT);
	assert_in_tries((generation_of(one), ready(one) == POLLOUT));
	close(one);
	close(other);
}

/* Ways to change the buffer; 0: write. Only the first keeps the content. */
static const unsigned long changes[] = { RAMBUF_NOTIFY, RAMBUF_CLEAR, 0 };

static void clear_and_notify_count_as_changes(void **state)
{
	int i, one = opened(O_RDWR), other = opened(O_RDWR);

	for (i = 0; i < (on_live_machine ? 1 : 2); i++) {
		uint64_t before = generation_of(one);

		assert_works(ioctl(other, changes[i]));
		assert_int_equal(ready(one), POLLIN | POLLOUT);
		assert_changes(one, before, 1);
	}
	close(one);
	close(other);
}

static void notify_needs_write_access(void **state)
{
	int fd = opened(O_RDONLY);

	assert_no_change(fd, assert_errno(EBADF, ioctl(fd, RAMBUF_NOTIFY)));
	close(fd);
}

/* Change the buffer in a child once the parent sleeps. */
static pid_t change_later(int fd, unsigned long command)
{
	pid_t parent = getpid(), child = fork();

	if (!child) {
		await_sleep(parent);
		_exit(command ? !!ioctl(fd, command) :
				pwrite(fd, "w", 1, 0) != 1);
	}
	return child;
}

static void changes_wake_up_poll(void **state)
{
	int i;

	for (i = 0; i < (on_live_machine ? 1 : 3); i++) {
		int one = opened(O_RDONLY), other = opened(O_RDWR);
		pid_t child = change_later(other, changes[i]);

		assert_int_equal(woken(one), POLLIN);
		assert_int_equal(exit_code_of(child), 0);
		close(one);
		close(other);
	}
}

static int epoll_of(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int set = epoll_create1(EPOLL_CLOEXEC);

	assert_works(set);
	assert_works(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	return set;
}

static void edge_triggered_epoll_reports_each_change_once(void **state)
{
	int one = opened(O_RDONLY), other = opened(O_RDWR), i;
	int set = epoll_of(one, EPOLLIN | EPOLLET);
	struct epoll_event event;

	for (i = 0; i < 3; i++) {
		assert_int_equal(epoll_wait(set, &event, 1, 0), 0);
		assert_int_equal(pwrite(other, "e", 1, 0), 1);
		assert_int_equal(epoll_wait(set, &event, 1, PATIENCE_MS), 1);
	}
	close(set);
	close(one);
	close(other);
}

static void level_triggered_epoll_reports_until_read(void **state)
{
	int one = opened(O_RDONLY), other = opened(O_RDWR);
	int set = epoll_of(one, EPOLLIN);
	struct epoll_event event;
	char byte;

	assert_int_equal(pwrite(other, "e", 1, 0), 1);
	assert_int_equal(epoll_wait(set, &event, 1, PATIENCE_MS), 1);
	assert_int_equal(epoll_wait(set, &event, 1, PATIENCE_MS), 1);
	assert_int_equal(read(one, &byte, 1), 1);
	assert_int_equal(epoll_wait(set, &event, 1, 0), 0);
	close(set);
	close(one);
	close(other);
}

static void splice_works_in_both_directions(void **state)
{
	int fd = opened(O_RDWR), ends[2];
	loff_t from = 100, to = 5000;
	char got[9];

	assert_works(pipe(ends));
	assert_int_equal(pwrite(fd, "spliceful", 9, from), 9);
	assert_int_equal(splice(fd, &from, ends[1], NULL, 9, 0), 9);
	assert_int_equal(splice(ends[0], NULL, fd, &to, 9, 0), 9);
	assert_int_equal(from, 109);
	assert_int_equal(to, 5009);
	assert_int_equal(pread(fd, got, 9, 5000), 9);
	assert_memory_equal(got, "spliceful", 9);

	assert_int_equal(write(ends[1], "x", 1), 1);
	to = size;
	assert_errno(ENOSPC, splice(ends[0], NULL, fd, &to, 1, 0));
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void splice_to_a_pipe_stops_at_the_end(void **state)
{
	int fd = opened(O_RDONLY), ends[2];
	loff_t from = size - 1;

	assert_works(pipe(ends));
	assert_int_equal(splice(fd, &from, ends[1], NULL, 9, 0), 1);
	assert_int_equal(from, size);
	assert_int_equal(splice(fd, &from, ends[1], NULL, 9, 0), 0);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void sendfile_works_in_both_directions(void **state)
{
	int fd = opened(O_RDWR), file = memfd_create("peer", MFD_CLOEXEC);
	off_t from = 0;
	char got[8];

	assert_int_equal(write(file, "sendfile", 8), 8);
	assert_int_equal(lseek(fd, 10, SEEK_SET), 10);
	assert_int_equal(sendfile(fd, file, &from, 8), 8);
	assert_int_equal(pread(fd, got, 8, 10), 8);
	assert_memory_equal(got, "sendfile", 8);

	from = 10;
	if (kernel_is_before(6, 0)) {
		/* The source cannot be a character device there. */
		assert_errno(EINVAL, sendfile(file, fd, &from, 8));
	} else {
		assert_int_equal(sendfile(file, fd, &from, 8), 8);
		assert_int_equal(from, 18);
		assert_int_equal(pread(file, got, 8, 8), 8);
		assert_memory_equal(got, "sendfile", 8);
	}
	close(file);
	close(fd);
}

static void nowait_succeeds_without_contention(void **state)
{
	struct iovec out = { "now", 3 };
	char got[3];
	struct iovec in = { got, 3 };
	int fd = opened(O_RDWR);

	assert_int_equal(pwritev2(fd, &out, 1, 7, RWF_NOWAIT), 3);
	assert_int_equal(preadv2(fd, &in, 1, 7, RWF_NOWAIT), 3);
	assert_memory_equal(got, "now", 3);
	close(fd);
}

static void nowait_read_succeeds_or_fails_with_EAGAIN(void **state)
{
	char byte;
	struct iovec in = { &byte, 1 };
	int fd = opened(O_RDONLY);
	ssize_t n = preadv2(fd, &in, 1, 0, RWF_NOWAIT);

	assert_true(n == 1 || (n == -1 && errno == EAGAIN));
	close(fd);
}

/* Overwrite the whole buffer until killed. */
static pid_t keep_writing(const char *bytes)
{
	int fd = opened(O_WRONLY);
	pid_t child = fork();

	if (!child)
		for (;;)
			if (pwrite(fd, bytes, size, 0) != (ssize_t)size)
				_exit(1);
	close(fd);
	return child;
}

static void stop(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static bool in_time(time_t start)
{
	return time(NULL) - start < PATIENCE_MS / 1000;
}

static void nowait_fails_with_EAGAIN_during_a_write(void **state)
{
	char *bytes = calloc(1, size), byte;
	struct iovec out = { "x", 1 }, in = { &byte, 1 };
	int fd = opened(O_RDWR);
	pid_t child = keep_writing(bytes);
	time_t start = time(NULL);
	bool reader = false, writer = false;

	while (!(reader && writer) && in_time(start)) {
		ssize_t n = preadv2(fd, &in, 1, 0, RWF_NOWAIT);

		assert_true(n == 1 || (n == -1 && errno == EAGAIN));
		/* poll() reports readable: a retry may succeed. */
		if (n < 0)
			assert_true(ready(fd) & POLLIN);
		reader = reader || n < 0;
		n = pwritev2(fd, &out, 1, 0, RWF_NOWAIT);
		assert_true(n == 1 || (n == -1 && errno == EAGAIN));
		writer = writer || n < 0;
	}
	stop(child);
	assert_true(reader);
	assert_true(writer);
	free(bytes);
	close(fd);
}

/* Read in one or two pieces into memory that is not faulted in yet. */
static int read_whole(int fd, int round)
{
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec parts[2] = {
		{ bytes, 999 }, { bytes + 999, size - 999 },
	};
	ssize_t n = round % 2 ? pread(fd, bytes, size, 0) :
				preadv(fd, parts, 2, 0);
	int bad = n < 1 || memcmp(bytes, bytes + 1, n - 1);

	munmap(bytes, size);
	/* Never short: the memory is not reclaimed. */
	return bad || n != (ssize_t)size;
}

static void large_writes_are_atomic(void **state)
{
	pid_t writers[4], readers[4];
	char *bytes = malloc(size);
	int i, round, fd = opened(O_RDWR);

	assert_works(ioctl(fd, RAMBUF_CLEAR));
	for (i = 0; i < 4; i++) {
		memset(bytes, 'a' + i, size);
		writers[i] = keep_writing(bytes);
	}
	for (i = 0; i < 4; i++) {
		readers[i] = fork();
		if (!readers[i]) {
			for (round = 0; round < 25; round++)
				if (read_whole(fd, round))
					_exit(1);
			_exit(0);
		}
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(exit_code_of(readers[i]), 0);
	for (i = 0; i < 4; i++)
		stop(writers[i]);
	free(bytes);
	close(fd);
}

/**
 * struct ring - a minimal io_uring
 * @fd: ring
 * @params: offsets into @queues
 * @queues: submission and completion queue
 * @sqes: submission entries
 */
struct ring {
	int fd;
	struct io_uring_params params;
	char *queues;
	struct io_uring_sqe *sqes;
};

static void ring_open(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 4, &ring->params);
	assert_works(ring->fd);
	ring->queues = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, ring->fd,
			    IORING_OFF_SQ_RING);
	if (ring->queues == MAP_FAILED)
		ring->queues = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_POPULATE, ring->fd,
				    IORING_OFF_SQ_RING);
	assert_ptr_not_equal(ring->queues, MAP_FAILED);
	ring->sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQES);
	assert_ptr_not_equal(ring->sqes, MAP_FAILED);
}

static int ring_do(struct ring *ring, int opcode, int fd, void *bytes,
		   unsigned int length, uint64_t offset)
{
	unsigned int *tail = (void *)(ring->queues + ring->params.sq_off.tail);
	unsigned int *array = (void *)(ring->queues + ring->params.sq_off.array);
	unsigned int *head = (void *)(ring->queues + ring->params.cq_off.head);
	unsigned int slot = *tail & (ring->params.sq_entries - 1);
	struct io_uring_cqe *cqe;

	ring->sqes[slot] = (struct io_uring_sqe){
		.opcode = opcode, .fd = fd, .addr = (uintptr_t)bytes,
		.len = length, .off = offset,
	};
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	assert_int_equal(syscall(SYS_io_uring_enter, ring->fd, 1, 1,
				 IORING_ENTER_GETEVENTS, NULL, 0), 1);
	cqe = (struct io_uring_cqe *)(ring->queues + ring->params.cq_off.cqes) +
	      (*head & (ring->params.cq_entries - 1));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return cqe->res;
}

static void io_uring_reads_and_writes(void **state)
{
	int fd = opened(O_RDWR);
	struct ring ring;
	char got[4];

	ring_open(&ring);
	assert_int_equal(ring_do(&ring, IORING_OP_WRITE, fd, "ring", 4, 30), 4);
	assert_int_equal(ring_do(&ring, IORING_OP_READ, fd, got, 4, 30), 4);
	assert_memory_equal(got, "ring", 4);
	assert_int_equal(ring_do(&ring, IORING_OP_READ, fd, got, 4, size), 0);
	assert_int_equal(ring_do(&ring, IORING_OP_WRITE, fd, "x", 1, size),
			 -ENOSPC);
	assert_int_equal(ring_do(&ring, IORING_OP_FSYNC, fd, NULL, 0, 0), 0);
	close(ring.fd);
	close(fd);
}

/* During a write io_uring polls and must be woken up. */
static void io_uring_does_not_hang_during_writes(void **state)
{
	char *bytes = calloc(1, size), got[64];
	int i, fd = opened(O_RDWR);
	pid_t child = keep_writing(bytes);
	struct ring ring;

	ring_open(&ring);
	alarm(PATIENCE_MS / 1000);
	for (i = 0; i < 200; i++) {
		assert_int_equal(ring_do(&ring, IORING_OP_READ, fd, got,
					 sizeof(got), 0), sizeof(got));
		assert_int_equal(ring_do(&ring, IORING_OP_WRITE, fd, "r", 1, 0),
				 1);
	}
	alarm(0);
	stop(child);
	close(ring.fd);
	free(bytes);
	close(fd);
}

#ifdef __x86_64__
/* 32-bit system call. Pointers must be below 4 GiB. */
static long call32(long number, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80" : "=a" (result)
		     : "a" (number), "b" (a), "c" (b), "d" (c)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* Its 64-bit kernels do not support 32-bit callers. */
static bool is_user_mode_linux(void)
{
	struct utsname kernel;

	assert_works(uname(&kernel));
	return strstr(kernel.release, "-uml");
}

static void compat_32_bit_calls_work(void **state)
{
	enum { READ = 3, WRITE = 4, IOCTL = 54 };
	int fd = opened(O_RDWR);
	uint64_t before = generation_of(fd);
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct rambuf_info *info = (void *)low;
	long at = (long)low;

	if (is_user_mode_linux())
		skip();
	assert_ptr_not_equal(low, MAP_FAILED);
	assert_int_equal(call32(IOCTL, fd, RAMBUF_GET_INFO, at), 0);
	assert_int_equal(info->size, size);
	assert_int_equal(info->generation, before);
	assert_int_equal(info->count, 3);
	assert_int_equal(call32(IOCTL, fd, RAMBUF_CLEAR, 0), 0);
	assert_int_equal(call32(IOCTL, fd, RAMBUF_NOTIFY, 0), 0);
	assert_int_equal(call32(IOCTL, fd, RAMBUF_RAW_1, 5), 0);
	assert_int_equal(generation_of(fd), before + 2);
	assert_int_equal(call32(IOCTL, fd, RAMBUF_GET_INFO, 8), -EFAULT);
	assert_int_equal(call32(IOCTL, fd, _IO(0xBE, 0x2f), 0), -ENOTTY);
	memcpy(low, "thirty-two", 10);
	assert_int_equal(call32(WRITE, fd, at, 10), 10);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(call32(READ, fd, at + 100, 10), 10);
	assert_memory_equal(low + 100, "thirty-two", 10);
	close(fd);
}
#endif

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		live_test(seek_data_and_hole_treat_all_as_data),
		live_test(append_fails_with_ENOSPC),
		live_test(fsync_and_fadvise_succeed),
		live_test(size_is_fixed),
		live_test(shared_offset_is_serialized),
		live_test(each_buffer_has_a_node),
		cmocka_unit_test(buffers_are_separate),
		live_test(poll_reports_changes_of_other_files),
		cmocka_unit_test(poll_ignores_own_changes),
		live_test(get_info_resets_poll_but_empty_read_does_not),
		live_test(clear_and_notify_count_as_changes),
		live_test(notify_needs_write_access),
		live_test(changes_wake_up_poll),
		cmocka_unit_test(edge_triggered_epoll_reports_each_change_once),
		cmocka_unit_test(level_triggered_epoll_reports_until_read),
		cmocka_unit_test(splice_works_in_both_directions),
		live_test(splice_to_a_pipe_stops_at_the_end),
		cmocka_unit_test(sendfile_works_in_both_directions),
		cmocka_unit_test(nowait_succeeds_without_contention),
		live_test(nowait_read_succeeds_or_fails_with_EAGAIN),
		cmocka_unit_test(nowait_fails_with_EAGAIN_during_a_write),
		cmocka_unit_test(large_writes_are_atomic),
		cmocka_unit_test(io_uring_reads_and_writes),
		cmocka_unit_test(io_uring_does_not_hang_during_writes),
#ifdef __x86_64__
		cmocka_unit_test(compat_32_bit_calls_work),
#endif
	};

	return run_as_tap_after(find_size, tests);
}
