// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the checks, and explain devices that do not open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/**
 * struct check - a check
 * @id: its id, documented in devtrio(1) and status.schema.json; never changes
 * @once: runs once per machine; or
 * @each: runs once per driver
 * @of_kernel: also part of the checks of a single kernel
 *
 * A check adds findings, or none where it does not apply.
 */
struct check {
	const char *id;
	void (*once)(struct doctor *doctor);
	void (*each)(struct doctor *doctor, size_t device);
	bool of_kernel;
};

/*
 * In the order of the fixes: later checks build on what earlier ones found, and repair
 * goes through the findings in this order.
 */
static const struct check checks[] = {
	{ "package", .once = check_package, .of_kernel = true },
	{ "headers", .once = check_headers, .of_kernel = true },
	{ "stale", .once = check_stale },
	{ "build", .once = check_build, .of_kernel = true },
	{ "package", .once = check_configured },
	{ "signing", .once = check_signing },
	{ "boot", .each = check_boot },
	{ "group", .each = check_group },
	{ "rules", .once = check_rules },
	{ "loaded", .each = check_loaded },
	{ "node", .each = check_node },
	{ "access", .each = check_access },
	{ "buzzers", .each = check_buzzers },
};

/**
 * doctor_examine() - read the machine's state and run the checks
 * @doctor: the result
 * @scope: what to check
 */
void doctor_examine(struct doctor *doctor, const struct scope *scope)
{
	const struct check *check;
	size_t i;

	*doctor = (struct doctor){ .scope = *scope };
	machine_read(&doctor->machine);
	if (scope->kernel && *scope->kernel && !doctor->machine.closed &&
	    !find_kernel(&doctor->machine, scope->kernel))
		die(EXIT_FAILED, "there is no kernel %s; see ls /lib/modules",
		    scope->kernel);
	for (check = checks; check < checks + ARRAY_SIZE(checks); check++) {
		if (scope->kernel && !check->of_kernel)
			continue;
		doctor->id = check->id;
		if (check->once)
			check->once(doctor);
		for (i = 0; check->each && i < DEVICE_COUNT; i++)
			if (scope->devices[i])
				check->each(doctor, i);
	}
}

void doctor_free(struct doctor *doctor)
{
	findings_free(doctor);
	machine_free(&doctor->machine);
}

/* The earliest step that failed ranks first: it causes the later failures. */
static size_t rank(enum exit_code code)
{
	static const enum exit_code order[] = {
		EXIT_NOT_INSTALLED, EXIT_NOT_BUILT, EXIT_NOT_LOADED,
		EXIT_NO_PERMISSION, EXIT_FAILED, EXIT_NOT_BUILT_NEXT,
		EXIT_NO_BUZZER, EXIT_OK,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order) && order[i] != code; i++)
		;
	return i;
}

/* Whether a finding can be the cause that a device does not open. */
static bool keeps_closed(const struct finding *finding)
{
	static const char *const others[] = { "stale", "rules", "buzzers" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(finding->id, others[i]))
			return false;
	return finding->code != EXIT_NOT_BUILT_NEXT;
}

static const struct finding *find_worst(const struct doctor *doctor, bool causes)
{
	const struct finding *finding, *worst = NULL;
	size_t i;

	for (i = 0; i < doctor->count; i++) {
		finding = &doctor->findings[i];
		if (finding->verdict == VERDICT_PROBLEM &&
		    (!causes || keeps_closed(finding)) &&
		    (!worst || rank(finding->code) < rank(worst->code)))
			worst = finding;
	}
	return worst;
}

enum exit_code doctor_exit_code(const struct doctor *doctor)
{
	const struct finding *worst = find_worst(doctor, false);

	return worst ? worst->code : EXIT_OK;
}

/* The fix in few words: a command, a note, or devtrio repair if it takes several. */
static void put_advice(struct problem *problem, const struct finding *finding,
		       const struct device *device)
{
	const struct fix *fixes = finding->fixes;
	size_t i, commands = 0;
	bool then;
	char *text;

	for (i = 0; i < finding->fix_count; i++)
		commands += fixes[i].runner == BY_REPAIR;
	if (commands > 1) {
		snprintf(problem->advice, sizeof(problem->advice),
			 "fix it with: sudo devtrio repair %s",
			 device->module);
		return;
	}
	then = finding->fix_count > 1 && !fixes[1].argv;
	text = fix_text(&fixes[0], true);
	snprintf(problem->advice, sizeof(problem->advice), "%s%s%s%s",
		 fixes[0].argv ? "fix it with: " : "", text, then ? ", " : "",
		 then ? fixes[1].note : "");
	free(text);
}

/* Why a device does not open: the worst finding that concerns it. */
static void explain(const struct device *device, int err,
		    struct problem *problem)
{
	const struct finding *worst;
	struct scope scope = { };
	bool named, usual = false;
	struct doctor doctor;
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++) {
		scope.devices[i] = !strcmp(devices[i]->module, device->module);
		usual |= !strcmp(devices[i]->path, device->path);
	}
	doctor_examine(&doctor, &scope);
	/* Another path than the driver's, with the driver loaded: it is just not there. */
	worst = usual || err == EACCES || is_loaded(device->module) == NO ?
		find_worst(&doctor, true) : NULL;
	if (worst) {
		problem->code = worst->code;
		named = strstr(worst->text, worst->subject);
		snprintf(problem->what, sizeof(problem->what),
			 "cannot open %.100s: %.40s%s%s", device->path,
			 named ? "" : worst->subject, named ? "" : ": ",
			 worst->text);
		put_advice(problem, worst, device);
	} else {
		problem->code = err == ENOENT || err == ENXIO || err == ENODEV ?
				EXIT_NOT_LOADED : EXIT_FAILED;
		snprintf(problem->what, sizeof(problem->what),
			 "cannot open %s: %s", device->path, strerror(err));
		snprintf(problem->advice, sizeof(problem->advice),
			 "find the cause with: devtrio status");
	}
	doctor_free(&doctor);
}

/**
 * try_open_device() - open a node
 * @device: the device
 * @flags: as for open(2)
 * @problem: the explanation if it fails
 *
 * Return: the file descriptor, or -1.
 */
int try_open_device(const struct device *device, int flags,
		    struct problem *problem)
{
	int fd = open(device->path, flags | O_CLOEXEC);

	if (fd < 0)
		explain(device, errno, problem);
	return fd;
}

int open_device(const struct device *device, int flags)
{
	struct problem problem;
	int fd = try_open_device(device, flags, &problem);

	if (fd < 0)
		die_of(&problem);
	return fd;
}
