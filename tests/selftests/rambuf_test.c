// SPDX-License-Identifier: GPL-2.0-only
/* Test devtrio/rambuf.h, in the lab with the default size of 4096 bytes. */
#include "rambuf.h"

#include <signal.h>
#include <sys/uio.h>

#define SIZE	RAMBUF_DEFAULT_SIZE

/* Bytes at the end that a live test writes and restores. */
#define BORROWED	16

static void content_is_zero_after_load(void **state)
{
	char content[SIZE], zeros[SIZE] = { 0 };
	int fd = opened(O_RDONLY);

	assert_int_equal(info_of(fd).generation, 0);
	assert_int_equal(read(fd, content, SIZE), SIZE);
	assert_memory_equal(content, zeros, SIZE);
	close(fd);
}

static void get_info_reports_the_size(void **state)
{
	int fd = opened(O_RDONLY);
	struct rambuf_info info = info_of(fd);

	assert_int_equal(info.size, on_live_machine ? size : SIZE);
	assert_int_equal(info.index, 0);
	assert_in_range(info.count, 1, on_live_machine ? RAMBUF_MAX_COUNT : 1);
	assert_int_equal(info.reserved, 0);
	close(fd);
}

static void one_file_reads_what_another_wrote(void **state)
{
	int writer = opened(O_WRONLY), reader = opened(O_RDONLY);
	char got[6];

	assert_int_equal(write(writer, "hello\n", 6), 6);
	assert_int_equal(read(reader, got, 6), 6);
	assert_memory_equal(got, "hello\n", 6);
	close(writer);
	close(reader);
}

static void reads_and_writes_move_the_offset(void **state)
{
	int fd = opened(O_RDWR);
	char got[4];

	assert_int_equal(write(fd, "abcdef", 6), 6);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
	assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
	assert_int_equal(read(fd, got, 4), 4);
	assert_memory_equal(got, "bcde", 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
	close(fd);
}

static void pread_and_pwrite_keep_the_offset(void **state)
{
	int fd = opened(O_RDWR);
	char got[3];

	assert_int_equal(pwrite(fd, "xyz", 3, 100), 3);
	assert_int_equal(pread(fd, got, 3, 100), 3);
	assert_memory_equal(got, "xyz", 3);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

static void vectored_io_works(void **state)
{
	struct iovec out[2] = { { "left", 4 }, { "right", 5 } };
	char a[5], b[4];
	struct iovec in[2] = { { a, 5 }, { b, 4 } };
	int fd = opened(O_RDWR);

	assert_int_equal(pwritev(fd, out, 2, 10), 9);
	assert_int_equal(preadv(fd, in, 2, 10), 9);
	assert_memory_equal(a, "leftr", 5);
	assert_memory_equal(b, "ight", 4);
	close(fd);
}

static void read_at_the_end_returns_0(void **state)
{
	int fd = opened(O_RDONLY);
	char byte;

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_int_equal(pread(fd, &byte, 1, size + 1000), 0);
	close(fd);
}

static void read_across_the_end_is_short(void **state)
{
	size_t n = size < 10 ? size : 10;
	int fd = opened(O_RDONLY);
	char got[100];

	assert_int_equal(pread(fd, got, sizeof(got), size - n), n);
	close(fd);
}

static void write_at_the_end_fails_with_ENOSPC(void **state)
{
	int fd = opened(O_RDWR);

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_errno(ENOSPC, write(fd, "x", 1));
	assert_errno(ENOSPC, pwrite(fd, "x", 1, size + 1000));
	assert_int_equal(write(fd, "", 0), 0);
	close(fd);
}

static bool holds_data(int fd)
{
	char content[SIZE], zeros[SIZE] = "";
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, content, SIZE, at)) > 0) {
		if (memcmp(content, zeros, n))
			return true;
		at += n;
	}
	return false;
}

/* No assertion until the zeros are back and signals are unblocked. */
static void write_across_the_end_is_short(void **state)
{
	char data[BORROWED + 1], got[BORROWED] = "", zeros[BORROWED] = "";
	size_t n = size < BORROWED ? size : BORROWED;
	int fd = opened(O_RDWR);
	uint64_t before = generation_of(fd);
	ssize_t written = 0, restored = 0;
	bool empty, same = false;
	sigset_t all, former;

	if (on_live_machine && holds_data(fd))
		skip_because("the buffer holds data");
	memset(data, 'w', sizeof(data));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &former);
	empty = pread(fd, got, n, size - n) == (ssize_t)n &&
		!memcmp(got, zeros, n);
	if (empty) {
		written = pwrite(fd, data, n + 1, size - n);
		same = pread(fd, got, n, size - n) == (ssize_t)n &&
		       !memcmp(got, data, n);
	}
	if (same)
		restored = pwrite(fd, zeros, n, size - n);
	sigprocmask(SIG_SETMASK, &former, NULL);

	if (on_live_machine && !same && generation_of(fd) > before + 1)
		skip_because("another program writes to the buffer");
	assert_true(empty);
	assert_int_equal(written, n);
	assert_true(same);
	assert_int_equal(restored, n);
	assert_changes(fd, before, 2);
	close(fd);
}

static void seeks_work_as_for_a_file(void **state)
{
	off_t end = size;
	int fd = opened(O_RDONLY);

	assert_int_equal(lseek(fd, 0, SEEK_END), end);
	assert_int_equal(lseek(fd, -end, SEEK_END), 0);
	assert_int_equal(lseek(fd, end, SEEK_SET), end);
	assert_int_equal(lseek(fd, -1, SEEK_CUR), end - 1);
	close(fd);
}

static void seek_outside_fails_and_keeps_the_offset(void **state)
{
	int fd = opened(O_RDONLY);

	assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
	assert_errno(EINVAL, lseek(fd, -1, SEEK_SET));
	assert_errno(EINVAL, lseek(fd, size + 1, SEEK_SET));
	assert_errno(EINVAL, lseek(fd, 1, SEEK_END));
	assert_errno(EINVAL, lseek(fd, -2, SEEK_CUR));
	assert_errno(EINVAL, lseek(fd, size, SEEK_CUR));
	assert_errno(EINVAL, lseek(fd, 0, 99));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 1);
	close(fd);
}

static void fault_before_the_first_byte_fails_with_EFAULT(void **state)
{
	char *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);
	int fd = opened(O_RDWR);

	assert_no_change(fd, assert_errno(EFAULT, read(fd, hole, 10));
			     assert_errno(EFAULT, write(fd, hole, 10)));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

/* Transfer with a fault after @there bytes. */
static void check_fault_after(int fd, char *hole, int there)
{
	char sent[64], got[64], zeros[64] = { 0 };
	ssize_t n;
	int i;

	for (i = 0; i < there; i++)
		hole[i - there] = sent[i] = 'a' + i % 26;

	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	n = pwrite(fd, hole - there, sizeof(sent), 0);
	assert_in_range(n, 1, there);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(got));
	assert_memory_equal(got, sent, n);
	assert_memory_equal(got + n, zeros, sizeof(got) - n);

	memset(hole - there, 0, there);
	n = pread(fd, hole - there, sizeof(got), 0);
	assert_in_range(n, 1, there);
	assert_memory_equal(hole - there, got, n);
}

static void later_fault_returns_a_short_count(void **state)
{
	char *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);
	int there, fd = opened(O_RDWR);

	for (there = 1; there < 64; there++)
		check_fault_after(fd, hole, there);
	close(fd);
}

/* Transfer the whole buffer with a fault after each byte of a page. */
static void faults_at_each_byte_give_short_counts(void **state)
{
	char *page = page_before_a_hole(), content[SIZE];
	int there, fd = opened(O_RDWR);
	long length = sysconf(_SC_PAGESIZE);

	for (there = 1; there <= length; there++) {
		memset(page, there, length);
		assert_in_range(pwrite(fd, page + length - there, SIZE, 0),
				1, there);
		assert_in_range(pread(fd, page + length - there, SIZE, 0),
				1, there);
	}
	assert_int_equal(pread(fd, content, SIZE, 0), SIZE);
	assert_memory_equal(content, page, SIZE);
	close(fd);
}

static void vectored_io_stops_at_a_fault(void **state)
{
	char *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);
	struct iovec parts[3] = { { hole - 8, 8 }, { hole, 8 }, { hole - 8, 8 } };
	int fd = opened(O_RDWR);

	memcpy(hole - 8, "eightbyt", 8);
	assert_int_equal(pwritev(fd, parts, 3, 0), 8);
	assert_int_equal(preadv(fd, parts, 3, 0), 8);
	assert_memory_equal(hole - 8, "eightbyt", 8);
	assert_errno(EFAULT, pwritev(fd, parts + 1, 2, 0));
	assert_errno(EFAULT, preadv(fd, parts + 1, 2, 0));
	close(fd);
}

static void generation_counts_every_change(void **state)
{
	int fd = opened(O_RDWR);
	uint64_t before = info_of(fd).generation;
	char byte;

	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	assert_int_equal(info_of(fd).generation, before + 1);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(pwrite(fd, "", 0, 0), 0);
	assert_int_equal(info_of(fd).generation, before + 1);
	assert_works(ioctl(fd, RAMBUF_CLEAR));
	assert_int_equal(info_of(fd).generation, before + 2);
	close(fd);
}

static void clear_zeroes_the_buffer(void **state)
{
	char content[SIZE], zeros[SIZE] = { 0 };
	int fd = opened(O_RDWR);

	memset(content, 'c', SIZE);
	assert_int_equal(pwrite(fd, content, SIZE, 0), SIZE);
	assert_works(ioctl(fd, RAMBUF_CLEAR));
	assert_int_equal(pread(fd, content, SIZE, 0), SIZE);
	assert_memory_equal(content, zeros, SIZE);
	close(fd);
}

static void clear_needs_write_access(void **state)
{
	int writer = opened(O_WRONLY), reader = opened(O_RDONLY);
	char byte = 0;

	if (!on_live_machine)
		assert_int_equal(pwrite(writer, "k", 1, 0), 1);
	assert_no_change(reader, assert_errno(EBADF,
					      ioctl(reader, RAMBUF_CLEAR)));
	assert_int_equal(pread(reader, &byte, 1, 0), 1);
	if (!on_live_machine)
		assert_int_equal(byte, 'k');
	close(writer);
	close(reader);
}

static void open_mode_is_enforced(void **state)
{
	int writer = opened(O_WRONLY), reader = opened(O_RDONLY);
	char byte;

	assert_errno(EBADF, read(writer, &byte, 1));
	assert_errno(EBADF, write(reader, "x", 1));
	close(writer);
	close(reader);
}

static void raw_commands_succeed_without_effect(void **state)
{
	int fd = opened(O_RDWR);

	assert_no_change(fd, assert_int_equal(ioctl(fd, RAMBUF_RAW_0, 0), 0);
			     assert_int_equal(ioctl(fd, RAMBUF_RAW_0, -1), 0);
			     assert_int_equal(ioctl(fd, RAMBUF_RAW_1, 0), 0);
			     assert_int_equal(ioctl(fd, RAMBUF_RAW_1, -1), 0));
	close(fd);
}

static void unknown_commands_fail_with_ENOTTY(void **state)
{
	int fd = opened(O_RDWR);

	assert_errno(ENOTTY, ioctl(fd, 3, 0));
	assert_errno(ENOTTY, ioctl(fd, _IO(0xBE, 0x2f), 0));
	assert_errno(ENOTTY, ioctl(fd, _IOR(0xBE, 0x20, char[7]), 0));
	close(fd);
}

static void get_info_to_bad_address_fails_with_EFAULT(void **state)
{
	int fd = opened(O_RDONLY);

	assert_errno(EFAULT, ioctl(fd, RAMBUF_GET_INFO, NULL));
	close(fd);
}

#define ROUNDS	400

/* Fill the whole buffer with one byte repeatedly. */
static int keep_writing(char byte)
{
	char content[SIZE];
	int i, fd = open("/dev/rambuf", O_WRONLY);

	memset(content, byte, SIZE);
	for (i = 0; i < ROUNDS; i++)
		if (pwrite(fd, content, SIZE, 0) != SIZE)
			return 1;
	return 0;
}

/* Check that each read returns only one kind of byte. */
static int keep_reading(void)
{
	char content[SIZE];
	int i, fd = open("/dev/rambuf", O_RDONLY);

	for (i = 0; i < ROUNDS; i++) {
		if (pread(fd, content, SIZE, 0) != SIZE)
			return 1;
		if (memcmp(content, content + 1, SIZE - 1))
			return 2;
	}
	return 0;
}

static void writes_are_atomic(void **state)
{
	pid_t children[8];
	int i, fd = opened(O_RDWR);

	assert_works(ioctl(fd, RAMBUF_CLEAR));
	for (i = 0; i < 8; i++) {
		children[i] = fork();
		assert_int_not_equal(children[i], -1);
		if (!children[i])
			_exit(i < 4 ? keep_writing('a' + i) : keep_reading());
	}
	for (i = 0; i < 8; i++)
		assert_int_equal(exit_code_of(children[i]), 0);
	assert_works(ioctl(fd, RAMBUF_CLEAR));
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(content_is_zero_after_load),
		live_test(get_info_reports_the_size),
		cmocka_unit_test(one_file_reads_what_another_wrote),
		cmocka_unit_test(reads_and_writes_move_the_offset),
		cmocka_unit_test(pread_and_pwrite_keep_the_offset),
		cmocka_unit_test(vectored_io_works),
		live_test(read_at_the_end_returns_0),
		live_test(read_across_the_end_is_short),
		live_test(write_at_the_end_fails_with_ENOSPC),
		live_test(write_across_the_end_is_short),
		live_test(seeks_work_as_for_a_file),
		live_test(seek_outside_fails_and_keeps_the_offset),
		live_test(fault_before_the_first_byte_fails_with_EFAULT),
		cmocka_unit_test(later_fault_returns_a_short_count),
		cmocka_unit_test(faults_at_each_byte_give_short_counts),
		cmocka_unit_test(vectored_io_stops_at_a_fault),
		cmocka_unit_test(generation_counts_every_change),
		cmocka_unit_test(clear_zeroes_the_buffer),
		live_test(clear_needs_write_access),
		live_test(open_mode_is_enforced),
		live_test(raw_commands_succeed_without_effect),
		live_test(unknown_commands_fail_with_ENOTTY),
		live_test(get_info_to_bad_address_fails_with_EFAULT),
		cmocka_unit_test(writes_are_atomic),
	};

	return run_as_tap_after(find_size, tests);
}
