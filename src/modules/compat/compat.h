/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces of the newest kernel for older ones. Included before every source
 * file by Kbuild.include, which defines the COMPAT_ macros.
 */
#ifndef DEVTRIO_COMPAT_H
#define DEVTRIO_COMPAT_H

#ifdef COMPAT_NO_EXEC_STATE
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/task.h>

static inline bool compat_task_dumpable(struct task_struct *task)
{
	bool dumpable;

	task_lock(task);
	dumpable = !task->mm || get_dumpable(task->mm) == SUID_DUMP_USER;
	task_unlock(task);

	return dumpable;
}

#define task_dumpable compat_task_dumpable
#endif

#ifdef COMPAT_NEWTASK_LONG_FLAGS
#define probe_newtask(data, task, flags) \
	probe_newtask(data, task, unsigned long clone_flags)
#endif

#ifdef COMPAT_EXIT_WITHOUT_GROUP_DEAD
#define probe_exit(data, task, group_dead) probe_exit(data, task)
#endif

#ifdef COMPAT_NO_TRACEPOINTS
#define tracepoint_probe_register(tracepoint, probe, data) (-EOPNOTSUPP)
#define tracepoint_probe_unregister(tracepoint, probe, data) 0
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

#ifdef COMPAT_NO_COPY_SPLICE_READ
#include <linux/fs.h>

#define copy_splice_read generic_file_splice_read
#endif

#ifdef COMPAT_NO_FAULT_IN_IOV_ITER
#include <linux/uio.h>

/* The old function cannot report how much is missing, only whether all is. */
static inline size_t compat_fault_in_iov_iter_readable(struct iov_iter *i,
						       size_t size)
{
	if (!iov_iter_fault_in_readable(i, size))
		return 0;
	return iov_iter_fault_in_readable(i, 1) ? size : size - 1;
}

#define fault_in_iov_iter_readable compat_fault_in_iov_iter_readable
#endif

#ifdef COMPAT_NO_VM_FLAGS_SET
#include <linux/mm.h>

static inline void compat_vm_flags_set(struct vm_area_struct *vma,
				       unsigned long flags)
{
	vma->vm_flags |= flags;
}

#define vm_flags_set compat_vm_flags_set
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

#ifdef COMPAT_NO_COPY_TO_USER
#include <linux/uaccess.h>

/* A macro in the newest kernels. */
#ifndef _copy_to_user
#define _copy_to_user copy_to_user
#endif
#endif

#endif /* DEVTRIO_COMPAT_H */
