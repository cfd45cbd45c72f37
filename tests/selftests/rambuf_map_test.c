// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test mmap() as specified in devtrio/rambuf.h. The lab has a buffer of more than
 * two pages that ends within a page.
 * usage: rambuf_map_test [hold|--live]
 */
#include "rambuf.h"

#define PAGE	((size_t)sysconf(_SC_PAGESIZE))

static size_t pages;

static char *mapped(int fd, int protection, int flags)
{
	char *map = mmap(NULL, pages * PAGE, protection, flags, fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	return map;
}

static void unmap(char *map)
{
	assert_works(munmap(map, pages * PAGE));
}

#define map_errno(expected, ...)					\
	do {								\
		errno = 0;						\
		assert_ptr_equal(mmap(__VA_ARGS__), MAP_FAILED);	\
		assert_int_equal(errno, expected);			\
	} while (0)

static void shared_mapping_and_writes_are_coherent(void **state)
{
	int fd = opened(O_RDWR);
	char got[4], *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	assert_int_equal(pwrite(fd, "abcd", 4, PAGE - 2), 4);
	assert_memory_equal(map + PAGE - 2, "abcd", 4);
	memcpy(map + size - 4, "wxyz", 4);
	assert_int_equal(pread(fd, got, 4, size - 4), 4);
	assert_memory_equal(got, "wxyz", 4);
	unmap(map);
	close(fd);
}

/* Compare page by page with what read() returns. */
static void mapping_has_the_content(void **state)
{
	int fd = opened(O_RDONLY);
	char *map = mapped(fd, PROT_READ, MAP_SHARED), *got = malloc(PAGE);
	size_t at, n;

	for (at = 0; at < size; at += n) {
		n = size - at < PAGE ? size - at : PAGE;
		assert_in_tries(pread(fd, got, n, at) == (ssize_t)n &&
				!memcmp(map + at, got, n));
	}
	free(got);
	unmap(map);
	close(fd);
}

static void private_mapping_keeps_its_changes(void **state)
{
	int fd = opened(O_RDONLY);
	char byte, before, *map;

	map = mapped(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	assert_int_equal(pread(fd, &before, 1, 5), 1);
	assert_int_equal(map[5], before);
	map[5] = ~before;
	assert_int_equal(pread(fd, &byte, 1, 5), 1);
	assert_int_equal(byte, before);
	unmap(map);
	close(fd);
}

static void mapping_respects_the_open_mode(void **state)
{
	int reader = opened(O_RDONLY), writer = opened(O_WRONLY);
	char *map = mapped(reader, PROT_READ, MAP_SHARED);

	map_errno(EACCES, NULL, PAGE, PROT_WRITE, MAP_SHARED, reader, 0);
	map_errno(EACCES, NULL, PAGE, PROT_WRITE, MAP_SHARED, writer, 0);
	map_errno(EACCES, NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0);
	assert_errno(EACCES, mprotect(map, PAGE, PROT_READ | PROT_WRITE));
	unmap(map);
	close(reader);
	close(writer);
}

static void mapping_beyond_the_end_fails_with_EINVAL(void **state)
{
	int fd = opened(O_RDWR);
	char *last, byte;

	map_errno(EINVAL, NULL, (pages + 1) * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	map_errno(EINVAL, NULL, PAGE, PROT_READ, MAP_SHARED, fd, pages * PAGE);
	map_errno(EINVAL, NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd,
		  (pages - 1) * PAGE);
	map_errno(EINVAL, NULL, PAGE, PROT_READ, MAP_SHARED, fd,
		  0x7ffffffff000);
	map_errno(EINVAL, NULL, PAGE, PROT_READ, MAP_SHARED, fd, 1);
	last = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (pages - 1) * PAGE);
	assert_ptr_not_equal(last, MAP_FAILED);
	if (!on_live_machine)
		assert_int_equal(pwrite(fd, "!", 1, size - 1), 1);
	assert_in_tries(pread(fd, &byte, 1, size - 1) == 1 &&
			last[(size - 1) % PAGE] == byte);
	munmap(last, PAGE);
	close(fd);
}

static bool tail_is(const char *map, char byte)
{
	size_t i;

	for (i = size; i < pages * PAGE; i++)
		if (map[i] != byte)
			return false;
	return true;
}

static void tail_is_zero_in_a_new_mapping(void **state)
{
	int fd = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED), *next;

	assert_true(tail_is(map, 0));
	memset(map + size, 't', pages * PAGE - size);
	next = mapped(fd, PROT_READ, MAP_SHARED);
	assert_true(tail_is(next, 0));
	unmap(next);
	next = mapped(fd, PROT_READ, MAP_PRIVATE);
	assert_true(tail_is(next, 0));
	unmap(next);
	unmap(map);
	close(fd);
}

static void tail_is_not_content(void **state)
{
	int fd = opened(O_RDWR);
	char got[64], *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	memset(map + size, 't', pages * PAGE - size);
	assert_int_equal(pread(fd, got, sizeof(got), size - 3), 3);
	assert_int_equal(pread(fd, got, sizeof(got), size), 0);
	assert_works(ioctl(fd, RAMBUF_CLEAR));
	assert_true(tail_is(map, 0));
	unmap(map);
	close(fd);
}

static void mapping_outlives_the_file(void **state)
{
	int fd = opened(O_RDWR), other = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	close(fd);
	assert_int_equal(pwrite(other, "kept", 4, 0), 4);
	assert_memory_equal(map, "kept", 4);
	unmap(map);
	close(other);
}

static void madvise_keeps_the_content(void **state)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_SEQUENTIAL, MADV_RANDOM,
		MADV_DONTDUMP, MADV_PAGEOUT, MADV_COLD,
	};
	int fd = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	size_t i;

	memcpy(map + PAGE, "still here", 10);
	for (i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		madvise(map, pages * PAGE, advices[i]);
		assert_memory_equal(map + PAGE, "still here", 10);
	}
	assert_int_equal(madvise(map, pages * PAGE, MADV_REMOVE), -1);
	assert_works(madvise(map, pages * PAGE, MADV_DONTNEED));
	map[PAGE] = 'S';
	assert_memory_equal(map + PAGE, "Still here", 10);
	assert_works(mlock(map, PAGE));
	assert_works(msync(map, pages * PAGE, MS_SYNC));
	unmap(map);
	close(fd);
}

static void child_shares_the_mapping(void **state)
{
	int fd = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t child = fork();

	if (!child) {
		memcpy(map, "child", 5);
		_exit(0);
	}
	assert_int_equal(exit_code_of(child), 0);
	assert_memory_equal(map, "child", 5);
	unmap(map);
	close(fd);
}

static void mremap_moves_and_shrinks_but_does_not_grow(void **state)
{
	int fd = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED), *moved;
	char *place = mmap(NULL, pages * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(map, "moving", 6);
	errno = 0;
	assert_ptr_equal(mremap(map, pages * PAGE, (pages + 1) * PAGE,
				MREMAP_MAYMOVE), MAP_FAILED);
	assert_int_equal(errno, EFAULT);
	moved = mremap(map, pages * PAGE, pages * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, place);
	assert_ptr_equal(moved, place);
	assert_memory_equal(moved, "moving", 6);
	assert_ptr_equal(mremap(moved, pages * PAGE, PAGE, 0), moved);
	assert_memory_equal(moved, "moving", 6);
	/* The second page is no longer mapped. */
	assert_errno(EFAULT, pwrite(fd, moved + PAGE, 1, 0));
	munmap(moved, PAGE);
	close(fd);
}

/* The buffer's own pages as the caller's memory. */
static void transfers_to_and_from_the_mapping_do_not_hang(void **state)
{
	int fd = opened(O_RDWR);
	char *map = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	assert_int_equal(pwrite(fd, "round", 5, 0), 5);
	assert_int_equal(pwrite(fd, map, 5, 100), 5);
	assert_int_equal(pread(fd, map + 200, 5, 100), 5);
	assert_memory_equal(map + 200, "round", 5);
	assert_in_range(pwrite(fd, map, size, 0), 1, size);
	assert_in_range(pread(fd, map, size, 0), 1, size);
	unmap(map);
	close(fd);
}

static int find_pages(void **state)
{
	if (find_size(state))
		return -1;
	pages = (size + PAGE - 1) / PAGE;
	return on_live_machine || size % PAGE ? 0 : -1;
}

/* Hold a mapping of a closed file until killed, for loading.sh. */
static int hold(void)
{
	int fd = open("/dev/rambuf", O_RDWR);

	if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		return 1;
	close(fd);
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_mapping_and_writes_are_coherent),
		live_test(mapping_has_the_content),
		cmocka_unit_test(private_mapping_keeps_its_changes),
		live_test(mapping_respects_the_open_mode),
		live_test(mapping_beyond_the_end_fails_with_EINVAL),
		cmocka_unit_test(tail_is_zero_in_a_new_mapping),
		cmocka_unit_test(tail_is_not_content),
		cmocka_unit_test(mapping_outlives_the_file),
		cmocka_unit_test(madvise_keeps_the_content),
		cmocka_unit_test(child_shares_the_mapping),
		cmocka_unit_test(mremap_moves_and_shrinks_but_does_not_grow),
		cmocka_unit_test(transfers_to_and_from_the_mapping_do_not_hang),
	};

	if (argc == 2 && !strcmp(argv[1], "hold"))
		return hold();
	return run_as_tap_after(find_pages, tests);
}
