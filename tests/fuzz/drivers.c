// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the drivers with sequences of system calls, in a debug kernel. Keep the
 * sequences that reach new code of the drivers, according to KCOV, and mutate
 * them.
 *
 * usage: drivers SECONDS SEED NOTES	fuzz, with one process as root, one as a user
 *	  drivers again NAME [TIMES]	run one sequence TIMES times
 *
 * The name of a sequence is the list of its seeds: the first one generates it,
 * each further one mutates it. The name is sufficient to reproduce the sequence.
 * Before a sequence runs, its name is written to NOTES with direct I/O, one
 * sector per process. It survives a crash of the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/kcov.h>

#include "driver_calls.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define KCOV_WORDS	(64 << 10)
#define PLACES		(1 << 18)	/* bitmap of code locations in the drivers */
#define MAX_SEEDS	12
#define MAX_KEPT	4096
#define WORKERS		2
#define SECTOR		512
#define DEEP		500
/* A sequence that takes this long is stuck in the kernel. */
#define PATIENCE_S	120

struct name {
	unsigned int count;
	uint32_t seeds[MAX_SEEDS];
};

/* Shared by all processes. */
static struct shared {
	uint64_t sequences;
	uint64_t places;
	uint64_t stuck;
	uint32_t kept;
	struct name names[MAX_KEPT];
	struct outcome outcomes[256];
	uint8_t seen[PLACES / 8];
	unsigned long news[WORKERS];
} *shared;

struct worker {
	unsigned int number;
	bool root;
	struct dice dice;
	int notes;
	char *sector;
	int kcov;
	unsigned long *cover;
};

static void make_call(struct dice *dice, bool root, struct call *call)
{
	unsigned int total = 0, kind, point;

	for (kind = 0; kind < call_kinds; kind++)
		total += call_weight(kind, root);
	point = roll_below(dice, total);
	for (kind = 0; point >= call_weight(kind, root); kind++)
		point -= call_weight(kind, root);

	call->kind = kind;
	call->slot = roll(dice);
	call->seed = roll(dice);
}

static void generate(uint32_t seed, bool root, struct sequence *sequence)
{
	struct dice dice = { seed };
	unsigned int i;

	sequence->count = 4 + roll_below(&dice, MAX_CALLS / 2);
	for (i = 0; i < sequence->count; i++)
		make_call(&dice, root, &sequence->calls[i]);
}

static void mutate(uint32_t seed, bool root, struct sequence *sequence)
{
	struct dice dice = { seed };
	unsigned int times = 1 + roll_below(&dice, 3), i;
	struct call *calls = sequence->calls;

	while (times--) {
		i = roll_below(&dice, sequence->count);
		switch (roll_below(&dice, 5)) {
		case 0:
			make_call(&dice, root, &calls[i]);
			break;
		case 1:
			calls[i].seed = roll(&dice);
			break;
		case 2:
			calls[i].slot = roll(&dice);
			break;
		case 3:
			if (sequence->count < 3)
				break;
			sequence->count--;
			memmove(&calls[i], &calls[i + 1],
				(sequence->count - i) * sizeof(*calls));
			break;
		case 4:
			if (sequence->count == MAX_CALLS)
				break;
			memmove(&calls[i + 1], &calls[i],
				(sequence->count - i) * sizeof(*calls));
			sequence->count++;
			make_call(&dice, root, &calls[i]);
			break;
		}
	}
}

/* The first seed is odd for sequences of the user, even for root's. */
static void make_sequence(const struct name *name, struct sequence *sequence)
{
	bool root = !(name->seeds[0] & 1);
	unsigned int i;

	generate(name->seeds[0], root, sequence);
	for (i = 1; i < name->count; i++)
		mutate(name->seeds[i], root, sequence);
}

static void print_name(const struct name *name, char *to, size_t size)
{
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < name->count && length < size; i++)
		length += snprintf(to + length, size - length, "%s%x",
				   i ? "." : "", name->seeds[i]);
}

static bool parse_name(const char *text, struct name *name)
{
	char *end;

	for (name->count = 0; name->count < MAX_SEEDS; text = end + 1) {
		name->seeds[name->count++] = strtoul(text, &end, 16);
		if (end == text)
			return false;
		if (*end != '.')
			return !*end;
	}
	return false;
}

static void choose_name(struct worker *worker, struct name *name)
{
	uint32_t kept = __atomic_load_n(&shared->kept, __ATOMIC_ACQUIRE);
	unsigned int tries;

	for (tries = 0; kept && tries < 4; tries++) {
		if (roll_below(&worker->dice, 4) == 0)
			break;
		*name = shared->names[roll_below(&worker->dice,
						 kept < MAX_KEPT ? kept :
								   MAX_KEPT)];
		if (name->count == MAX_SEEDS || !name->count ||
		    !(name->seeds[0] & 1) != worker->root)
			continue;
		name->seeds[name->count++] = roll(&worker->dice);
		return;
	}
	name->count = 1;
	name->seeds[0] = (roll(&worker->dice) & ~1U) | !worker->root;
}

static void note(struct worker *worker, const struct name *name)
{
	memset(worker->sector, 0, SECTOR);
	print_name(name, worker->sector, SECTOR);
	if (pwrite(worker->notes, worker->sector, SECTOR,
		   worker->number * SECTOR) != SECTOR) {
		perror("notes");
		exit(2);
	}
}

/* Return the number of new code locations. */
static unsigned long count_news(const unsigned long *cover)
{
	unsigned long n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
	unsigned long i, bit, news = 0;

	for (i = 0; i < n && i < KCOV_WORDS - 1; i++) {
		bit = (cover[i + 1] * 0x9e3779b97f4a7c15) >> 46;
		news += !(__atomic_fetch_or(&shared->seen[bit / 8],
					    1 << (bit % 8), __ATOMIC_RELAXED) &
			  (1 << (bit % 8)));
	}
	return news;
}

static void run_here(struct worker *worker, const struct sequence *sequence)
{
	setpgid(0, 0);
	if (worker->kcov >= 0) {
		if (ioctl(worker->kcov, KCOV_ENABLE, KCOV_TRACE_PC)) {
			perror("KCOV_ENABLE");
			_exit(2);
		}
		__atomic_store_n(&worker->cover[0], 0, __ATOMIC_RELAXED);
	}
	run_sequence(sequence, shared->outcomes);
	if (worker->kcov >= 0) {
		shared->news[worker->number] = count_news(worker->cover);
		ioctl(worker->kcov, KCOV_DISABLE, 0);
	}
	_exit(0);
}

/* Wait for the child, kill it after 10 s; return false if it is stuck. */
static bool reap(pid_t child, int *status)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	time_t begin = time(NULL);

	while (!waitpid(child, status, WNOHANG)) {
		time_t waited = time(NULL) - begin;

		if (waited > 10)
			kill(-child, SIGKILL);
		if (waited > PATIENCE_S)
			return false;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 20000000)
			nap.tv_nsec *= 2;
	}
	return true;
}

static void keep(const struct name *name)
{
	uint32_t n = __atomic_fetch_add(&shared->kept, 1, __ATOMIC_RELAXED);

	if (n < MAX_KEPT)
		shared->names[n] = *name;
	else
		__atomic_store_n(&shared->kept, MAX_KEPT, __ATOMIC_RELAXED);
}

static void run_named(struct worker *worker, const struct name *name)
{
	struct sequence sequence;
	int status = 0;
	pid_t child;

	make_sequence(name, &sequence);
	shared->news[worker->number] = 0;
	child = fork();
	if (!child)
		run_here(worker, &sequence);
	if (child < 0) {
		perror("fork");
		exit(2);
	}
	if (!reap(child, &status)) {
		__atomic_add_fetch(&shared->stuck, 1, __ATOMIC_RELAXED);
		exit(3);
	}
	/* Reap its descendants. */
	kill(-child, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		exit(2);

	__atomic_add_fetch(&shared->sequences, 1, __ATOMIC_RELAXED);
	if (shared->news[worker->number]) {
		__atomic_add_fetch(&shared->places,
				   shared->news[worker->number],
				   __ATOMIC_RELAXED);
		keep(name);
	}
}

/* Return -1 without KCOV: fuzz without feedback then. */
static int open_kcov(unsigned long **cover)
{
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, KCOV_INIT_TRACE, KCOV_WORDS)) {
		perror("KCOV_INIT_TRACE");
		exit(2);
	}
	*cover = mmap(NULL, KCOV_WORDS * sizeof(long), PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	if (*cover == MAP_FAILED) {
		perror("KCOV");
		exit(2);
	}
	return fd;
}

/* Join the groups of the drivers, and no others. */
static void become_user(void)
{
	static const gid_t groups[] = { 901, 902, 903 };

	if (setgroups(3, groups) || setgid(1000) || setuid(1000)) {
		perror("user");
		exit(2);
	}
}

static void prepare(struct worker *worker)
{
	worker->kcov = open_kcov(&worker->cover);
	if (!worker->root)
		become_user();
	calls_prepare();
}

static void work(unsigned int number, uint32_t seed, time_t end,
		 const char *notes)
{
	struct worker worker = {
		.number = number, .root = !number,
		.dice = { ((uint64_t)seed << 8) | number },
	};
	struct name name;

	worker.notes = open(notes, O_WRONLY | O_DIRECT | O_SYNC | O_CLOEXEC);
	if (worker.notes < 0 ||
	    posix_memalign((void **)&worker.sector, 4096, SECTOR)) {
		perror(notes);
		exit(2);
	}
	prepare(&worker);
	while (time(NULL) < end) {
		choose_name(&worker, &name);
		note(&worker, &name);
		run_named(&worker, &name);
	}
	exit(0);
}

static bool workers_ended;

static void all_sequences_end(void **state)
{
	assert_true(workers_ended);
	assert_false(shared->stuck);
}

static void each_call_succeeds_at_least_once(void **state)
{
	unsigned int kind;

	for (kind = 0; kind < call_kinds; kind++)
		if (!shared->outcomes[kind].worked)
			fail_msg("%s never worked", call_name(kind));
}

static void coverage_of_the_drivers_is_sufficient(void **state)
{
	assert_true(shared->places > DEEP);
}

static int report(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sequences_end),
		cmocka_unit_test(each_call_succeeds_at_least_once),
		cmocka_unit_test(coverage_of_the_drivers_is_sufficient),
	};
	unsigned int kind;

	for (kind = 0; kind < call_kinds; kind++)
		printf("# %s: %llu worked, %llu failed\n", call_name(kind),
		       (unsigned long long)shared->outcomes[kind].worked,
		       (unsigned long long)shared->outcomes[kind].failed);
	printf("# %llu sequences, %u kept, %llu code locations in the drivers\n",
	       (unsigned long long)shared->sequences, shared->kept,
	       (unsigned long long)shared->places);
	fflush(stdout);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int all(unsigned int seconds, uint32_t seed, const char *notes)
{
	time_t end = time(NULL) + seconds;
	pid_t workers[WORKERS];
	unsigned int i;
	int status;

	printf("# seed %u, %u seconds\n", seed, seconds);
	fflush(stdout);
	for (i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (!workers[i])
			work(i, seed, end, notes);
	}
	workers_ended = true;
	for (i = 0; i < WORKERS; i++)
		workers_ended &= waitpid(workers[i], &status, 0) == workers[i] &&
			WIFEXITED(status) && !WEXITSTATUS(status);
	return report();
}

static int again(const char *text, unsigned int times)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sequences_end),
	};
	struct worker worker = { .root = true };
	struct name name;
	unsigned int i;

	if (!parse_name(text, &name)) {
		fprintf(stderr, "drivers: invalid sequence '%s'\n", text);
		return 2;
	}
	worker.root = !(name.seeds[0] & 1);
	prepare(&worker);
	for (i = 0; i < times; i++)
		run_named(&worker, &name);
	workers_ended = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 2;
	}

	if (argc >= 3 && !strcmp(argv[1], "again"))
		return again(argv[2], argc > 3 ? atoi(argv[3]) : 1);
	if (argc == 4)
		return all(atoi(argv[1]), strtoul(argv[2], NULL, 0), argv[3]);
	fprintf(stderr, "usage: drivers SECONDS SEED NOTES\n"
		"       drivers again NAME [TIMES]\n");
	return 2;
}
