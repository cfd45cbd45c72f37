// SPDX-License-Identifier: GPL-2.0-only
/* /dev/proc_relate: all processes. The ABI is in devtrio/proc_relate.h. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <devtrio/proc_relate.h>

#include "changes.h"
#include "query.h"
#include "record.h"
#include "snapshot.h"

/* Records per copy to user space: keeps struct reader within 8 KiB. */
#define BATCH	60

/* Maximum attempts to read a consistent table. */
#define CONSISTENT_TRIES	8

static_assert(sizeof(struct proc_relate_task) == 128);
static_assert(PROC_RELATE_COMM_LEN <= TASK_COMM_LEN);

/**
 * struct reader - an open file
 * @lock: serializes calls and protects all fields below
 * @snapshot: query and state of the walk
 * @first: first record in @batch that is not yet copied to user space
 * @filled: number of records in @batch
 * @batch: records for user space: the walk itself must not fault
 */
struct reader {
	struct mutex lock;	/* protects the fields below */
	struct prel_snapshot snapshot;
	unsigned int first;
	unsigned int filled;
	struct proc_relate_task batch[BATCH];
};

static_assert(sizeof(struct reader) <= SZ_8K);

static int proc_relate_open(struct inode *inode, struct file *file)
{
	struct reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;

	mutex_init(&reader->lock);
	prel_snapshot_open(&reader->snapshot, file);

	/* A walk can only continue or restart: no pread(). */
	file->f_mode &= ~(FMODE_PREAD | FMODE_PWRITE);
	file->private_data = reader;
	return 0;
}

static int proc_relate_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	prel_snapshot_close(&reader->snapshot);
	mutex_destroy(&reader->lock);
	kfree(reader);
	return 0;
}

static void rewind(struct reader *reader)
{
	lockdep_assert_held(&reader->lock);

	prel_snapshot_rewind(&reader->snapshot);
	reader->first = 0;
	reader->filled = 0;
}

/*
 * Copy at most one batch. Returns the number of whole records copied, 0 at the
 * end. After a fault the next read continues with the record that failed.
 */
static ssize_t read_batch(struct reader *reader, char __user *buf, size_t max)
{
	const size_t size = sizeof(reader->batch[0]);
	unsigned int n, arrived;
	unsigned long left;

	lockdep_assert_held(&reader->lock);

	if (reader->first == reader->filled) {
		reader->first = 0;
		reader->filled = prel_snapshot_fill(&reader->snapshot,
						    reader->batch,
						    min_t(size_t, max, BATCH));
		if (!reader->filled)
			return fatal_signal_pending(current) ? -EINTR : 0;
	}

	n = min_t(size_t, max, reader->filled - reader->first);
	left = copy_to_user(buf, &reader->batch[reader->first], n * size);
	arrived = n - DIV_ROUND_UP(left, size);
	reader->first += arrived;

	if (!arrived)
		return -EFAULT;
	return arrived;
}

static ssize_t read_records(struct reader *reader, char __user *buf,
			    size_t wanted)
{
	const size_t size = sizeof(reader->batch[0]);
	size_t done = 0;
	ssize_t n = 0;

	while (done < wanted) {
		n = read_batch(reader, buf + done * size, wanted - done);
		if (n <= 0)
			break;
		done += n;
	}

	return done ? done * size : n;
}

/* Retry until nothing has changed between the first and the last record. */
static ssize_t read_consistent(struct reader *reader, char __user *buf,
			       size_t wanted)
{
	const size_t size = sizeof(reader->batch[0]);
	const u64 since = reader->snapshot.since;
	unsigned int try;
	ssize_t n;

	if (reader->snapshot.state == SNAPSHOT_ENDED)
		return 0;

	for (try = 0; try < CONSISTENT_TRIES; try++) {
		rewind(reader);
		n = read_records(reader, buf, wanted);
		/* With a full buffer, check whether there is more. */
		if (n == wanted * size &&
		    prel_snapshot_fill(&reader->snapshot, reader->batch, 1))
			n = -EMSGSIZE;
		else if (n >= 0 && reader->snapshot.state != SNAPSHOT_ENDED)
			n = -EFAULT;
		if (n < 0)
			break;
		if (!prel_snapshot_changed(&reader->snapshot))
			return n;
		n = -EAGAIN;
		if (signal_pending(current)) {
			n = -EINTR;
			break;
		}
	}

	/* No record was returned: restore the position. */
	rewind(reader);
	reader->snapshot.since = since;
	reader->snapshot.polled = since;
	return n;
}

static ssize_t proc_relate_read(struct file *file, char __user *buf,
				size_t count, loff_t *ppos)
{
	struct reader *reader = file->private_data;
	const size_t wanted = count / sizeof(reader->batch[0]);
	ssize_t n;

	if (!wanted)
		return -EINVAL;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	if (reader->snapshot.query.flags & PROC_RELATE_CONSISTENT)
		n = read_consistent(reader, buf, wanted);
	else
		n = read_records(reader, buf, wanted);
	mutex_unlock(&reader->lock);

	return n;
}

static loff_t proc_relate_llseek(struct file *file, loff_t offset, int whence)
{
	struct reader *reader = file->private_data;

	if (offset || whence != SEEK_SET)
		return -EINVAL;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	rewind(reader);
	mutex_unlock(&reader->lock);

	return 0;
}

static __poll_t proc_relate_poll(struct file *file, poll_table *table)
{
	struct reader *reader = file->private_data;
	bool news;

	prel_changes_wait(file, table);

	if (mutex_lock_killable(&reader->lock))
		return 0;
	news = reader->first < reader->filled ||
	       prel_snapshot_news(&reader->snapshot);
	mutex_unlock(&reader->lock);

	return news ? EPOLLIN | EPOLLRDNORM : 0;
}

static long proc_relate_get_info(void __user *arg)
{
	struct proc_relate_info info = {
		.version = PROC_RELATE_VERSION,
		.record_size = sizeof(struct proc_relate_task),
		.query_flags = prel_query_flags(),
		.log_size = CHANGES_SIZE,
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long proc_relate_set_query(struct reader *reader, const void __user *arg)
{
	struct proc_relate_query query;
	int err;

	if (copy_from_user(&query, arg, sizeof(query)))
		return -EFAULT;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	err = prel_snapshot_set_query(&reader->snapshot, &query);
	if (!err)
		rewind(reader);
	mutex_unlock(&reader->lock);

	return err;
}

static long proc_relate_get_status(struct reader *reader, void __user *arg)
{
	struct proc_relate_status status;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	prel_snapshot_status(&reader->snapshot, &status);
	if (reader->first < reader->filled)
		status.flags &= ~PROC_RELATE_ENDED;
	mutex_unlock(&reader->lock);

	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
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
	case PROC_RELATE_GET_STATUS:
		return proc_relate_get_status(file->private_data, argp);
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
	.poll = proc_relate_poll,
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
	prel_record_init();
	prel_changes_init();
	return misc_register(&proc_relate_device);
}
module_init(proc_relate_init);

static void __exit proc_relate_exit(void)
{
	misc_deregister(&proc_relate_device);
	prel_changes_exit();
}
module_exit(proc_relate_exit);

MODULE_DESCRIPTION("All processes and their relations in one read()");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
