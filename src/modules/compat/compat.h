/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives older kernels the interfaces of the newest one that the drivers are
 * written for. Included in front of every source file by Kbuild.include, which
 * says how each COMPAT_ macro is found out.
 */
#ifndef DEVTRIO_COMPAT_H
#define DEVTRIO_COMPAT_H

#ifdef COMPAT_NO_FIND_GE_PID
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>

static inline struct pid *compat_find_ge_pid(int nr, struct pid_namespace *ns)
{
	return idr_get_next(&ns->idr, &nr);
}

#define find_ge_pid compat_find_ge_pid
#endif

#ifdef COMPAT_GPIOD_SET_VALUE_VOID
#include <linux/gpio/consumer.h>

static inline int compat_gpiod_set_value(struct gpio_desc *desc, int value)
{
	gpiod_set_value(desc, value);
	return 0;
}

static inline int compat_gpiod_set_value_cansleep(struct gpio_desc *desc,
						  int value)
{
	gpiod_set_value_cansleep(desc, value);
	return 0;
}

#define gpiod_set_value compat_gpiod_set_value
#define gpiod_set_value_cansleep compat_gpiod_set_value_cansleep
#endif

#ifdef COMPAT_NO_HRTIMER_SETUP
#include <linux/hrtimer.h>

static inline void
compat_hrtimer_setup(struct hrtimer *timer,
		     enum hrtimer_restart (*function)(struct hrtimer *),
		     clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}

#define hrtimer_setup compat_hrtimer_setup
#endif

#endif /* DEVTRIO_COMPAT_H */
