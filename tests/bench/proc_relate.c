// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure the cost of a table of all processes: compare /dev/proc_relate with a
 * BPF task iterator, /proc/PID/stat, and ps.
 *
 * usage: proc_relate icount|wall [quick]
 *
 * tests/bench/bench parses the output. The program ignores the clock argument:
 * it always uses the guest's CLOCK_MONOTONIC.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <devtrio/proc_relate.h>

#define MAX_PROCESSES	40000
#define MAX_ROUNDS	64

/*
 * A way to get the table. Preparing and counting are not part of the measured
 * time. Each way must see all our children, to compare the same work.
 */
struct way {
	const char *name;
	void (*take)(void);
	unsigned int (*children_seen)(void);
	void (*before)(void);
};

static struct proc_relate_task *records;	/* both tables' buffer */
static size_t n_records;
static unsigned int n_by_stat;			/* children in /proc/PID/stat */

static int device;
static int changes;				/* a second file of the device */
static struct bpf_link *iterator;

static pid_t children[MAX_PROCESSES];
static unsigned int n_children;

/* Called before any fork(), which must not copy its page tables. */
static void make_buffer(void)
{
	const size_t size = MAX_PROCESSES * sizeof(*records);

	records = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (records == MAP_FAILED || madvise(records, size, MADV_DONTFORK))
		err(1, "no buffer");
}

static void read_table(int fd)
{
	char *buffer = (char *)records;
	size_t size = MAX_PROCESSES * sizeof(*records), done = 0;
	ssize_t n;

	while ((n = read(fd, buffer + done, size - done)) > 0)
		done += n;
	if (n < 0)
		err(1, "cannot read a table");
	if (done % sizeof(*records))
		errx(1, "a table that ends within a record");
	n_records = done / sizeof(*records);
}

static unsigned int children_in_table(void)
{
	unsigned int seen = 0;
	size_t i;

	for (i = 0; i < n_records; i++)
		seen += records[i].real_parent == (unsigned int)getpid();
	return seen;
}

static void take_ours(void)
{
	if (lseek(device, 0, SEEK_SET))
		err(1, "cannot start a snapshot");
	read_table(device);
}

static void load_iterator(void)
{
	struct bpf_object *object;
	struct bpf_program *program = NULL;

	object = bpf_object__open_file("task_iter.bpf.o", NULL);
	if (object && !bpf_object__load(object))
		program = bpf_object__find_program_by_name(object, "write_task");
	if (program)
		iterator = bpf_program__attach_iter(program, NULL);
	if (!iterator)
		err(1, "cannot attach the BPF iterator");
}

/* An iterator cannot be rewound: create a new one per table. */
static void take_bpf_iter(void)
{
	int fd = bpf_iter_create(bpf_link__fd(iterator));

	if (fd < 0)
		err(1, "cannot make a BPF iterator");
	read_table(fd);
	close(fd);
}

static void take_procfs_stat(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		err(1, "/proc");
	n_by_stat = 0;
	while ((entry = readdir(proc))) {
		char path[sizeof(entry->d_name) + sizeof("/stat")];
		char line[1024], *name_end;
		ssize_t n;
		int fd;

		if (!isdigit(entry->d_name[0]))
			continue;
		stpcpy(stpcpy(path, entry->d_name), "/stat");
		fd = openat(dirfd(proc), path, O_RDONLY);
		if (fd < 0)
			continue;	/* it has exited */
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
		if (n <= 0)
			continue;
		line[n] = '\0';
		/* "PID (NAME) STATE PPID ...": a NAME may look like the rest. */
		name_end = strrchr(line, ')');
		if (name_end)
			n_by_stat += strtol(name_end + 4, NULL, 10) == getpid();
	}
	closedir(proc);
}

static unsigned int children_by_stat(void)
{
	return n_by_stat;
}

static void run_ps(const char *output)
{
	/* The ps in this directory; the one in PATH is busybox. */
	char *const argv[] = { "./ps", "-e", "-o", "pid,ppid,comm", NULL };
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		errx(1, "ps: %s", strerror(error));
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "ps failed");
}

static void take_ps(void)
{
	run_ps("/dev/null");
}

/* Run ps again to parse its output. */
static unsigned int children_by_ps(void)
{
	unsigned int parent, seen = 0;
	char line[256];
	FILE *output;

	run_ps("/tmp/ps");
	output = fopen("/tmp/ps", "re");
	if (!output)
		err(1, "/tmp/ps");
	while (fgets(line, sizeof(line), output))
		seen += sscanf(line, "%*u %u", &parent) == 1 &&
			parent == (unsigned int)getpid();
	fclose(output);
	return seen - 1;	/* ps is our child as well */
}

static void fork_one(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork, with %u children", n_children);
	while (!pid)
		pause();
	children[n_children++] = pid;
}

static void take_changes(void)
{
	if (lseek(changes, 0, SEEK_SET))
		err(1, "cannot start a snapshot of changes");
	read_table(changes);
}

/*
 * Return all children if the news contain the last one. They may contain more:
 * the kernel reports the exit of ps some time after wait() returned.
 */
static unsigned int children_by_change(void)
{
	size_t i;

	if (n_records > 4)
		return 0;
	for (i = 0; i < n_records; i++)
		if (records[i].type == PROC_RELATE_TASK &&
		    records[i].pid == (unsigned int)children[n_children - 1])
			return n_children;
	return 0;
}

static void make_one_change(void);

static const struct way ours = { "ours", take_ours, children_in_table, NULL };
static const struct way bpf_iter = { "bpf_iter", take_bpf_iter, children_in_table, NULL };
static const struct way procfs_stat = { "procfs_stat", take_procfs_stat, children_by_stat, NULL };
static const struct way ps = { "ps", take_ps, children_by_ps, NULL };
static const struct way one_change = {
	"change", take_changes, children_by_change, make_one_change
};

static void take_and_check(const struct way *way)
{
	unsigned int seen;

	if (way->before)
		way->before();
	way->take();
	seen = way->children_seen();
	if (seen != n_children)
		errx(1, "%s saw %u of %u children", way->name, seen, n_children);
}

/* Measure only when all children sleep. */
static bool all_asleep(void)
{
	size_t i;

	take_and_check(&ours);
	for (i = 0; i < n_records; i++)
		if (records[i].real_parent == (unsigned int)getpid() &&
		    records[i].state != 'S')
			return false;
	return true;
}

static void grow_to(unsigned int processes)
{
	unsigned int others;

	take_ours();
	others = n_records - n_children;
	while (others + n_children < processes)
		fork_one();
	while (!all_asleep())
		;
}

static void make_one_change(void)
{
	fork_one();
	while (!all_asleep())
		;
}

static void start_changes(void)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_CHANGES };

	changes = open("/dev/proc_relate", O_RDONLY | O_CLOEXEC);
	if (changes < 0 || ioctl(changes, PROC_RELATE_SET_QUERY, &query))
		err(1, "cannot ask for changes");
	take_changes();		/* the first read is a table */
}

static void stop_children(void)
{
	unsigned int i;

	for (i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	for (i = 0; i < n_children; i++)
		waitpid(children[i], NULL, 0);
}

/* Mask fields that the peer lacks or encodes differently. */
static struct proc_relate_task comparable(const struct proc_relate_task *record)
{
	struct proc_relate_task copy = *record;

	copy.state = 0;
	copy.mm = copy.mm != 0;
	copy.active_mm = copy.active_mm != 0;
	return copy;
}

/* Verify that the BPF program fills in the same fields as the driver. */
static void check_same_fields(void)
{
	struct proc_relate_task *table;
	size_t n, i, j = 0, equal = 0;

	take_ours();
	n = n_records;
	table = malloc(n * sizeof(*table));
	if (!table)
		err(1, "no buffer");
	memcpy(table, records, n * sizeof(*table));
	take_bpf_iter();
	for (i = 0; i < n; i++) {
		struct proc_relate_task mine = comparable(&table[i]), peers;

		while (j < n_records && records[j].pid < mine.pid)
			j++;
		if (j == n_records)
			break;
		peers = comparable(&records[j]);
		if (mine.real_parent == (unsigned int)getpid())
			equal += !memcmp(&mine, &peers, sizeof(mine));
	}
	free(table);
	if (equal != n_children)
		errx(1, "the BPF iterator agrees about %zu of %u children",
		     equal, n_children);
}

static double time_of(const struct way *way)
{
	struct timespec start, end;

	if (way->before)
		way->before();
	clock_gettime(CLOCK_MONOTONIC, &start);
	way->take();
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start.tv_sec) * 1e9 + end.tv_nsec - start.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *times, unsigned int n)
{
	qsort(times, n, sizeof(*times), ascending);
	return n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
}

/* Measure both in turns, and return our median. */
static double compare(const char *name, const struct way *mine,
		      const struct way *peer, unsigned int rounds)
{
	double my_times[MAX_ROUNDS], its_times[MAX_ROUNDS], my_median;
	unsigned int i;

	take_and_check(mine);
	take_and_check(peer);
	for (i = 0; i < rounds; i++) {
		my_times[i] = time_of(mine);
		its_times[i] = time_of(peer);
	}
	my_median = median(my_times, rounds);
	printf("BENCH proc_relate/%s ours=%.0f peer=%.0f unit=ns n=%u\n",
	       name, my_median, median(its_times, rounds), rounds);
	return my_median;
}

/* Compare with this many processes; return our cost per process in ns. */
static double compare_at(unsigned int processes, unsigned int rounds,
			 unsigned int slow_rounds)
{
	const struct { const struct way *peer; unsigned int rounds; } runs[] = {
		{ &bpf_iter, rounds },
		{ &procfs_stat, slow_rounds },
		{ &ps, slow_rounds },
	};
	double cost = 0;
	unsigned int i;

	grow_to(processes);
	check_same_fields();
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		char name[64];
		double time;

		snprintf(name, sizeof(name), "vs_%s_%u", runs[i].peer->name,
			 processes);
		time = compare(name, &ours, runs[i].peer, runs[i].rounds);
		if (runs[i].peer == &bpf_iter)
			cost = time / processes;
	}
	return cost;
}

int main(int argc, char **argv)
{
	const bool quick = argc > 2 && !strcmp(argv[2], "quick");
	double few, many;

	device = open("/dev/proc_relate", O_RDONLY | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/proc_relate");
	make_buffer();
	load_iterator();

	few = compare_at(300, quick ? 5 : 51, quick ? 3 : 11);
	if (!quick) {
		compare_at(5000, 31, 5);
		start_changes();
		compare("delta_vs_snapshot_5000", &one_change, &ours, 31);
		/* Tracking slows down all tasks until the file is closed. */
		close(changes);
		many = compare_at(30000, 11, 5);
		printf("BENCH proc_relate/per_process_30000_vs_300 ours=%.1f peer=%.1f unit=ns n=11\n",
		       many, few);
	}
	stop_children();
	return 0;
}
