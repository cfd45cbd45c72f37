/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_H
#define TEST_H

#include "lib/devtrio.h"
#include "tap.h"

/**
 * struct suite - the tests of one driver
 * @device: the driver's device
 * @flags: flags for opening its node
 * @tests: the tests; each opens the node itself, to be independent of the others
 * @count: number of @tests
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
