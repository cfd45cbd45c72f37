// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the checks in order.
 */

#include "status.h"

/*
 * Later ones build on what earlier ones found. The ids are for ever: devtrio(1)
 * and status.schema.json list them.
 */
static const struct check checks[] = {
	{ "package", .once = check_package, .of_kernel = true },
	{ "source", .once = check_source },
	{ "headers", .once = check_headers, .of_kernel = true },
	{ "headers-upgrade", .once = check_headers_upgrade },
	{ "dkms", .once = check_dkms, .of_kernel = true },
	{ "stale-dkms", .once = check_stale },
	{ "next-kernel", .once = check_next_kernel, .of_kernel = true },
	{ "module-file", .each = check_file },
	{ "module-version", .each = check_file_version },
	{ "signature", .each = check_signature },
	{ "secure-boot", .once = check_secure_boot },
	{ "blacklist", .each = check_blacklist },
	{ "boot", .each = check_boot },
	{ "udev-rules", .once = check_udev_rules },
	{ "loaded", .each = check_loaded },
	{ "loaded-version", .each = check_loaded_version },
	{ "group", .each = check_group },
	{ "system-group", .each = check_system_group },
	{ "node", .each = check_node },
	{ "node-mode", .each = check_node_mode },
	{ "node-group", .each = check_node_group },
	{ "membership", .each = check_membership },
	{ "buzzers", .each = check_buzzers },
};

const char *const verdict_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WARNING] = "warning",
	[VERDICT_SKIPPED] = "skipped",
	[VERDICT_PROBLEM] = "problem",
};

/**
 * doctor_examine() - run the checks
 * @doctor: with a machine that was read, and a scope; gets what they find
 */
void doctor_examine(struct doctor *doctor)
{
	const struct check *check;
	size_t i;

	for (check = checks; check < checks + ARRAY_SIZE(checks); check++) {
		if (doctor->scope.kernel && !check->of_kernel)
			continue;
		doctor->id = check->id;
		if (check->once)
			check->once(doctor);
		for (i = 0; check->each && i < DEVICE_COUNT; i++)
			if (doctor->scope.devices[i])
				check->each(doctor, i);
	}
}

/**
 * worse() - which of two exit codes tells more
 * @a: one
 * @b: the other
 *
 * What is missing first comes first: the rest follows from that.
 */
enum exit_code worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code worst_first[] = {
		EXIT_NOT_INSTALLED, EXIT_NOT_BUILT, EXIT_NOT_LOADED,
		EXIT_NO_PERMISSION, EXIT_FAILED, EXIT_NOT_BUILT_NEXT,
		EXIT_NO_BUZZER,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(worst_first); i++)
		if (a == worst_first[i] || b == worst_first[i])
			return worst_first[i];
	return EXIT_OK;
}

enum exit_code doctor_exit_code(const struct doctor *doctor)
{
	enum exit_code code = EXIT_OK;
	size_t i;

	for (i = 0; i < doctor->count; i++)
		if (doctor->findings[i].verdict == VERDICT_PROBLEM)
			code = worse(code, doctor->findings[i].code);
	return code;
}
