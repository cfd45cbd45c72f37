/* SPDX-License-Identifier: GPL-2.0-only */
/* Older kernels declare panic_notifier_list in linux/kernel.h. */
#ifndef DEVTRIO_COMPAT_PANIC_NOTIFIER_H
#define DEVTRIO_COMPAT_PANIC_NOTIFIER_H

#include <linux/kernel.h>
#include <linux/notifier.h>

#endif /* DEVTRIO_COMPAT_PANIC_NOTIFIER_H */
