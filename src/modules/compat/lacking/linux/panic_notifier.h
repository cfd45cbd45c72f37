/* SPDX-License-Identifier: GPL-2.0-only */
/* For kernels in which another header declares what this one does. */
#ifndef DEVTRIO_COMPAT_PANIC_NOTIFIER_H
#define DEVTRIO_COMPAT_PANIC_NOTIFIER_H

#include <linux/kernel.h>
#include <linux/notifier.h>

#endif /* DEVTRIO_COMPAT_PANIC_NOTIFIER_H */
