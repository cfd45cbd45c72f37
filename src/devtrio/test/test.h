/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_H
#define TEST_H

#include "lib/devtrio.h"
#include "tap.h"

/**
 * struct suite - the tests of one driver
 * @device: which
 * @flags: how its node must open for them
 * @tests: the tests; each opens the node itself, so that none sees what
 *	another one left
 * @count: how many
 */
struct suite {
	const struct device *device;
	int flags;
	const struct tap_test *tests;
	size_t count;
};

extern const struct suite proc_relate_suite;
extern const struct suite beepctrl_suite;
extern const struct suite rambuf_suite;

#endif /* TEST_H */
