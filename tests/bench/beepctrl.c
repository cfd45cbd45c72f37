// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare beepctrl with libgpiod: play a 1 kHz tone with the driver, and with a
 * program that toggles a line every half period, on two lines of one chip. One
 * busy process per CPU runs at the same priority.
 *
 * The test chip records the time of each edge.
 * Needs the test chip with beepctrl on its line 0. Link with -lgpiod.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <gpiod.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

#define HZ		1000
#define HALF_NS		(1000000000LL / HZ / 2)
#define OUR_LINE	0
#define PEER_LINE	5
#define MAX_EDGES	65536
#define ROUNDS		5
#define ONS		400	/* per round */
#define LONG_TONE_MS	5000	/* report the CPU time of a tone this long */

struct edge {
	uint64_t ns;
	uint32_t line;
	uint32_t level;
};

static int beepctrl;
static struct gpiod_line *line;
static int edges_fd;
static struct edge edges[MAX_EDGES];
static volatile uint64_t *spun;	/* a counter per CPU, each on its own page */
static long cpus;
static int tone_ms;

static void __attribute__((noreturn)) fail(const char *what)
{
	printf("beepctrl: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec time = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL))
		;
}

static void forget_edges(void)
{
	if (write(edges_fd, "", 1) != 1)
		fail("edges");
}

/* Return the number of edges of a line since forget_edges(). */
static size_t take_edges(uint32_t of)
{
	ssize_t size = pread(edges_fd, edges, sizeof(edges), 0);
	size_t i, kept = 0;

	if (size < 0)
		fail("edges");
	for (i = 0; i < size / sizeof(edges[0]); i++)
		if (edges[i].line == of)
			edges[kept++] = edges[i];
	return kept;
}

static void our_tone(int ms)
{
	const struct beepctrl_step step = { HZ, ms };
	struct beepctrl_play play = { .repeat = 1, .count = 1,
				      .steps = (uintptr_t)&step };
	struct pollfd end = { .fd = beepctrl, .events = POLLIN };

	if (ioctl(beepctrl, BEEPCTRL_PLAY, &play) || poll(&end, 1, -1) != 1)
		fail("BEEPCTRL_PLAY");
}

/* The best possible program: absolute timeouts, no extra system calls. */
static void peer_tone(int ms)
{
	int64_t start = now();
	int i;

	for (i = 0; i < ms * HZ * 2 / 1000; i++) {
		if (gpiod_line_set_value(line, !(i & 1)))
			fail("gpiod_line_set_value");
		sleep_until(start + (i + 1) * HALF_NS);
	}
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t quantile(int64_t *numbers, size_t count, double which)
{
	qsort(numbers, count, sizeof(*numbers), by_number);
	return numbers[(size_t)((count - 1) * which)];
}

/*
 * Return the 99th percentile of the deviation of half periods. A missing edge
 * counts as half a period late, which is what it sounds like.
 */
static int64_t jitter_of(void (*tone)(int ms), uint32_t of)
{
	static int64_t off[MAX_EDGES];
	size_t count, i;

	forget_edges();
	tone(tone_ms);
	count = take_edges(of);
	if (count < 10)
		fail("too few edges");
	for (i = 1; i < count; i++)
		off[i - 1] = llabs((int64_t)(edges[i].ns - edges[i - 1].ns) -
				   HALF_NS);
	return quantile(off, count - 1, 0.99);
}

static void report(const char *name, int64_t *ours, int64_t *peer, size_t rounds,
		   const char *unit, size_t samples)
{
	printf("BENCH beepctrl/%s ours=%lld peer=%lld unit=%s n=%zu\n", name,
	       (long long)quantile(ours, rounds, 0.5),
	       (long long)quantile(peer, rounds, 0.5), unit, samples);
}

static void bench_jitter(void)
{
	int64_t ours[ROUNDS], peer[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		ours[i] = jitter_of(our_tone, OUR_LINE);
		peer[i] = jitter_of(peer_tone, PEER_LINE);
	}
	/* The jitter can be 0 with the instruction clock. */
	for (i = 0; i < ROUNDS; i++) {
		ours[i] = ours[i] ?: 1;
		peer[i] = peer[i] ?: 1;
	}
	report("jitter_p99_vs_gpiod", ours, peer, ROUNDS, "ns",
	       (size_t)ROUNDS * tone_ms * HZ * 2 / 1000);
}

/* Return the time from the request on an open file to its edge. */
static int64_t latency(bool ours)
{
	struct beepctrl_buzzer buzzer = { .index = 0 };
	int64_t start;
	int err;

	forget_edges();
	start = now();
	err = ours ? ioctl(beepctrl, BEEPCTRL_ON, &buzzer) :
		     gpiod_line_set_value(line, 1);
	if (err || take_edges(ours ? OUR_LINE : PEER_LINE) != 1)
		fail("on");
	err = ours ? ioctl(beepctrl, BEEPCTRL_OFF, &buzzer) :
		     gpiod_line_set_value(line, 0);
	if (err)
		fail("off");
	return edges[0].ns - start;
}

static void bench_latency(void)
{
	static int64_t ours[ROUNDS * ONS], peer[ROUNDS * ONS];
	int i;

	for (i = 0; i < ROUNDS * ONS; i++) {
		ours[i] = latency(true);
		peer[i] = latency(false);
	}
	report("on_latency_vs_gpiod", ours, peer, ROUNDS * ONS, "ns",
	       ROUNDS * ONS);
}

/* Return the busy process's iterations per ms during a tone. */
static double spin_rate(void (*tone)(int ms))
{
	uint64_t before = spun[0];
	int64_t start = now();

	tone(tone_ms);
	return (double)(spun[0] - before) * 1000000 / (now() - start);
}

static void no_tone(int ms)
{
	sleep_until(now() + ms * 1000000LL);
}

/*
 * Measure the CPU time of a tone as the time that the busy process loses. Unlike
 * the kernel's accounting of a process, this includes interrupts and context
 * switches. The loss is below 1%: only the instruction clock is precise enough,
 * on a single CPU that is never idle.
 */
static void bench_cpu(void)
{
	int64_t ours[ROUNDS], peer[ROUNDS];
	double alone;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		alone = spin_rate(no_tone);
		ours[i] = (1 - spin_rate(our_tone) / alone) *
			  LONG_TONE_MS * 1000000;
		peer[i] = (1 - spin_rate(peer_tone) / alone) *
			  LONG_TONE_MS * 1000000;
	}
	report("cpu_vs_gpiod", ours, peer, ROUNDS, "ns", ROUNDS);
	printf("NOTE beepctrl/cpu_vs_gpiod CPU time that a busy process loses to a 5 s tone; needs the instruction clock\n");
}

static void start_spinners(void)
{
	long page = sysconf(_SC_PAGESIZE);
	cpu_set_t set;
	char *pages;
	long i;

	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pages = mmap(NULL, cpus * page, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		fail("mmap");
	spun = (uint64_t *)pages;
	for (i = 0; i < cpus; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		sched_setaffinity(0, sizeof(set), &set);
		for (volatile uint64_t *mine = (uint64_t *)(pages + i * page);;)
			++*mine;
	}
}

static struct gpiod_line *find_line(void)
{
	struct gpiod_chip *chip;
	struct gpiod_line *found;

	chip = gpiod_chip_open_by_label("devtrio-testchip");
	if (!chip)
		fail("devtrio-testchip");
	found = gpiod_chip_get_line(chip, PEER_LINE);
	if (!found || gpiod_line_request_output(found, "bench", 0))
		fail("gpiod_line_request_output");
	return found;
}

int main(int argc, char **argv)
{
	bool icount = argc > 1 && !strcmp(argv[1], "icount");
	bool quick = argc > 2 && !strcmp(argv[2], "quick");

	tone_ms = quick ? 100 : icount ? 500 : 2000;
	beepctrl = open("/dev/beepctrl", O_RDWR | O_CLOEXEC);
	if (beepctrl < 0)
		fail("/dev/beepctrl");
	edges_fd = open("/sys/kernel/debug/devtrio-testchip/edges",
			O_RDWR | O_CLOEXEC);
	if (edges_fd < 0)
		fail("edges");
	line = find_line();
	start_spinners();

	bench_jitter();
	bench_latency();
	if (icount)
		bench_cpu();
	return 0;
}
