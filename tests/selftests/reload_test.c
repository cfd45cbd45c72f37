// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load, unload, bind and unbind modules, the GPIO chip and its devices during
 * use. Runs as root with only the test chip loaded.
 *
 * usage: reload_test CYCLES [TEST]
 */
#include "device.h"

#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include <devtrio/beepctrl.h>
#include <devtrio/proc_relate.h>
#include <devtrio/rambuf.h>

#define USERS	(sizeof(users) / sizeof(users[0]))
#define PATIENCE_S	120

static unsigned int cycles = 1000;

/* Number of successful uses by each user. */
static volatile unsigned long *uses;

static const struct module {
	const char *name;
	const char *parameters;
} modules[] = {
	{ "proc_relate", "" },
	{ "beepctrl", "lines=devtrio-testchip:0,devtrio-testchip:3" },
	{ "rambuf", "size=300000 count=2" },
};

#define MODULES	(sizeof(modules) / sizeof(modules[0]))

static bool use_proc_relate(void)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_CHANGES | PROC_RELATE_THREADS,
	};
	static struct proc_relate_task tasks[64];
	int fd = open("/dev/proc_relate", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	pid_t child;

	if (fd < 0)
		return false;
	if (!ioctl(fd, PROC_RELATE_SET_QUERY, &query)) {
		child = fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		n = read(fd, tasks, sizeof(tasks));
	}
	close(fd);
	return n > 0;
}

static bool use_beepctrl(void)
{
	static const struct beepctrl_step steps[] = {
		{ 2000, 2 }, { BEEPCTRL_REST, 1 }, { BEEPCTRL_STEADY, 1 },
	};
	struct beepctrl_play play = {
		.index = rand() % 2, .flags = BEEPCTRL_QUEUE, .repeat = 2,
		.count = 3, .steps = (uintptr_t)steps,
	};
	int fd = open("/dev/beepctrl", O_RDWR | O_CLOEXEC);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool played;

	if (fd < 0)
		return false;
	played = !ioctl(fd, BEEPCTRL_PLAY, &play);
	poll(&poll_fd, 1, rand() % 5);
	close(fd);
	return played;
}

static bool use_input(void)
{
	struct input_event event = {
		.type = EV_SND, .code = SND_TONE, .value = 440,
	};
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/dev/input/event%d", rand() % 2);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, &event, sizeof(event));
	close(fd);
	return n == sizeof(event);
}

static bool use_rambuf(void)
{
	static char bytes[300000];
	int fd = open(rand() % 2 ? "/dev/rambuf" : "/dev/rambuf1",
		      O_RDWR | O_CLOEXEC);
	char *map;
	bool worked;

	if (fd < 0)
		return false;
	map = mmap(NULL, sizeof(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	worked = pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
		 !ioctl(fd, RAMBUF_CLEAR);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	map[rand() % sizeof(bytes)] = 1;
	munmap(map, sizeof(bytes));
	return worked;
}

static bool (*const users[])(void) = {
	use_proc_relate, use_beepctrl, use_input, use_rambuf,
};

static pid_t user_pids[USERS];

static void nap_ms(unsigned int ms)
{
	struct timespec nap = { .tv_nsec = ms * 1000000L };

	nanosleep(&nap, NULL);
}

static void start_users(void)
{
	size_t i;

	for (i = 0; i < USERS; i++) {
		uses[i] = 0;
		user_pids[i] = fork();
		assert_int_not_equal(user_pids[i], -1);
		if (user_pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (srand(i);; nap_ms(rand() % 8))
			uses[i] += users[i]();
	}
}

static void end_users(void)
{
	size_t i;

	for (i = 0; i < USERS; i++) {
		assert_works(kill(user_pids[i], SIGKILL));
		assert_int_equal(waitpid(user_pids[i], NULL, 0), user_pids[i]);
		print_message("# user %zu: %lu uses\n", i, uses[i]);
		assert_true(uses[i]);
	}
}

static void load(const struct module *module)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s.ko", module->name);
	fd = open_or_fail(path, O_RDONLY);
	assert_works(syscall(SYS_finit_module, fd, module->parameters, 0));
	close(fd);
}

static void unload(const struct module *module)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (syscall(SYS_delete_module, module->name, O_NONBLOCK)) {
		if (errno != EAGAIN && errno != EBUSY)
			fail_msg("%s: %s", module->name, strerror(errno));
		assert_true(time(NULL) < end);
		nap_ms(1);
	}
}

static void load_all(void)
{
	size_t i;

	for (i = 0; i < MODULES; i++)
		load(&modules[i]);
}

static void unload_all(void)
{
	size_t i;

	for (i = 0; i < MODULES; i++)
		unload(&modules[i]);
}

static void modules_load_and_unload_during_use(void **state)
{
	unsigned int i;

	start_users();
	for (i = 0; i < cycles; i++) {
		load_all();
		nap_ms(rand() % 20);
		unload_all();
	}
	end_users();
}

static bool tell(const char *driver, const char *verb, const char *device)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", driver,
		 verb);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = write(fd, device, strlen(device));
	close(fd);
	return n > 0;
}

static void nap_us(unsigned int us)
{
	struct timespec nap = { .tv_nsec = us * 1000L };

	nanosleep(&nap, NULL);
}

/*
 * Before 6.9 gpiolib dereferences NULL if a chip is removed while a driver
 * requests its lines, whatever the driver does.
 */
static bool gpiolib_is_protected(void)
{
	return !kernel_is_before(6, 9);
}

/*
 * A chip can still be found while it is being removed. Wait before adding it
 * again: otherwise 6.1 miscounts the users of its module.
 */
static void beepctrl_loads_while_its_chip_comes_and_goes(void **state)
{
	unsigned int i;
	pid_t plugger;

	plugger = fork();
	assert_int_not_equal(plugger, -1);
	if (!plugger) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;; nap_us(rand() % 3000)) {
			tell("devtrio-testchip", "unbind", "devtrio-testchip");
			nap_us(20000);
			tell("devtrio-testchip", "bind", "devtrio-testchip");
		}
	}
	for (i = 0; i < cycles; i++) {
		load(&modules[1]);
		nap_us(rand() % 3000);
		unload(&modules[1]);
	}
	assert_works(kill(plugger, SIGKILL));
	assert_int_equal(waitpid(plugger, NULL, 0), plugger);
	tell("devtrio-testchip", "bind", "devtrio-testchip");
}

static bool is_present(unsigned int index)
{
	struct beepctrl_info info = { .index = index };
	int fd = open_or_fail("/dev/beepctrl", O_RDWR);

	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	close(fd);
	return !(info.flags & BEEPCTRL_ABSENT);
}

static void all_is_back(void)
{
	time_t end = time(NULL) + PATIENCE_S;

	tell("devtrio-testchip", "bind", "devtrio-testchip");
	while (!is_present(0) || !is_present(1)) {
		assert_true(time(NULL) < end);
		tell("beepctrl", "bind", "beepctrl.0");
		tell("beepctrl", "bind", "beepctrl.1");
		nap_ms(10);
	}
}

/* Binding what is bound and unbinding what is not must just fail. */
static void chip_and_devices_bind_and_unbind_in_use(void **state)
{
	static const char * const targets[][2] = {
		{ "beepctrl", "beepctrl.0" },
		{ "beepctrl", "beepctrl.1" },
		{ "devtrio-testchip", "devtrio-testchip" },
	};
	unsigned int count = gpiolib_is_protected() ? 3 : 2;
	unsigned int i, which, done = 0;

	load_all();
	start_users();
	for (i = 0; i < cycles; i++) {
		which = rand() % count;
		done += tell(targets[which][0], rand() % 2 ? "bind" : "unbind",
			     targets[which][1]);
		nap_ms(rand() % 10);
	}
	all_is_back();
	end_users();
	print_message("# %u of %u succeeded\n", done, cycles);
	assert_true(done > cycles / 10);
	unload_all();
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_load_and_unload_during_use),
		cmocka_unit_test(beepctrl_loads_while_its_chip_comes_and_goes),
		cmocka_unit_test(chip_and_devices_bind_and_unbind_in_use),
	};

	if (argc > 1)
		cycles = atoi(argv[1]);
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	if (!gpiolib_is_protected()) {
		print_message("# before 6.9: skip removing chips at random\n");
		cmocka_set_skip_filter("*chip_comes_and_goes");
	}
	uses = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (uses == MAP_FAILED)
		return 2;
	return run_as_tap(tests);
}
