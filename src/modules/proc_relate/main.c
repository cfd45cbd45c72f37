// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/proc_relate: how processes relate, in one read().
 *
 * The contract stands in devtrio/proc_relate.h.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <devtrio/proc_relate.h>

#include "snapshot.h"

/* Records on their way to user space at once: one page of 4 KiB. */
#define BATCH	32

static_assert(sizeof(struct proc_relate_task) == 128);
static_assert(PROC_RELATE_COMM_LEN == TASK_COMM_LEN);

/**
 * struct reader - an open file
 * @lock: one read, rewind or query at a time; protects all below
 * @snapshot: where this file's walk stands; its namespaces never change
 * @batch: records between the walk, which must not fault, and user space
 */
struct reader {
	struct mutex lock;	/* one call at a time */
	struct snapshot snapshot;
	struct proc_relate_task batch[BATCH];
};

static int proc_relate_open(struct inode *inode, struct file *file)
{
	struct reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;

	mutex_init(&reader->lock);
	reader->snapshot.pid_ns = get_pid_ns(task_active_pid_ns(current));
	/* The file holds its opener's credentials, and these the namespace. */
	reader->snapshot.user_ns = file->f_cred->user_ns;
	snapshot_rewind(&reader->snapshot);

	/* A walk can only go on or start afresh: no pread(). */
	file->f_mode &= ~(FMODE_PREAD | FMODE_PWRITE);
	file->private_data = reader;
	return 0;
}

static int proc_relate_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	put_pid_ns(reader->snapshot.pid_ns);
	mutex_destroy(&reader->lock);
	kfree(reader);
	return 0;
}

/*
 * Moves one batch at most; returns the whole records that arrived, 0 at the
 * end. What did not arrive comes with the next read.
 */
static ssize_t read_batch(struct reader *reader, char __user *buf, size_t max)
{
	const size_t size = sizeof(reader->batch[0]);
	unsigned int filled;
	unsigned long left;
	ssize_t arrived;

	lockdep_assert_held(&reader->lock);

	filled = snapshot_fill(&reader->snapshot, reader->batch,
			       min_t(size_t, max, BATCH));
	if (!filled)
		return fatal_signal_pending(current) ? -EINTR : 0;

	left = copy_to_user(buf, reader->batch, filled * size);
	arrived = filled - DIV_ROUND_UP(left, size);
	if (arrived < filled)
		snapshot_resume_at(&reader->snapshot,
				   reader->batch[arrived].pid);

	return arrived ?: -EFAULT;
}

static ssize_t proc_relate_read(struct file *file, char __user *buf,
				size_t count, loff_t *ppos)
{
	struct reader *reader = file->private_data;
	const size_t size = sizeof(reader->batch[0]);
	const size_t wanted = count / size;
	size_t done = 0;
	ssize_t n = 0;

	if (!wanted)
		return -EINVAL;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;

	while (done < wanted) {
		n = read_batch(reader, buf + done * size, wanted - done);
		if (n <= 0)
			break;
		done += n;
	}
	mutex_unlock(&reader->lock);

	return done ? done * size : n;
}

static loff_t proc_relate_llseek(struct file *file, loff_t offset, int whence)
{
	struct reader *reader = file->private_data;

	if (offset || whence != SEEK_SET)
		return -EINVAL;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	snapshot_rewind(&reader->snapshot);
	mutex_unlock(&reader->lock);

	return 0;
}

static long proc_relate_get_info(void __user *arg)
{
	static const struct proc_relate_info info = {
		.version = PROC_RELATE_VERSION,
		.record_size = sizeof(struct proc_relate_task),
		.query_flags = PROC_RELATE_THREADS,
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long proc_relate_set_query(struct reader *reader,
				  const void __user *arg)
{
	struct proc_relate_query query;

	if (copy_from_user(&query, arg, sizeof(query)))
		return -EFAULT;
	if (query.flags & ~PROC_RELATE_THREADS ||
	    memchr_inv(query.reserved, 0, sizeof(query.reserved)))
		return -EINVAL;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	reader->snapshot.threads = query.flags & PROC_RELATE_THREADS;
	snapshot_rewind(&reader->snapshot);
	mutex_unlock(&reader->lock);

	return 0;
}

static long proc_relate_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case PROC_RELATE_GET_INFO:
		return proc_relate_get_info(argp);
	case PROC_RELATE_SET_QUERY:
		return proc_relate_set_query(file->private_data, argp);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations proc_relate_fops = {
	.owner = THIS_MODULE,
	.open = proc_relate_open,
	.release = proc_relate_release,
	.read = proc_relate_read,
	.llseek = proc_relate_llseek,
	.unlocked_ioctl = proc_relate_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice proc_relate_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "proc_relate",
	.fops = &proc_relate_fops,
};

static int __init proc_relate_init(void)
{
	snapshot_init();
	return misc_register(&proc_relate_device);
}
module_init(proc_relate_init);

static void __exit proc_relate_exit(void)
{
	misc_deregister(&proc_relate_device);
}
module_exit(proc_relate_exit);

MODULE_DESCRIPTION("The relations of every process in one read()");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
