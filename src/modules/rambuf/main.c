// SPDX-License-Identifier: GPL-2.0-only
/* /dev/rambuf: files of fixed size in RAM. The ABI is in devtrio/rambuf.h. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>

#include <devtrio/rambuf.h>

#include "buffer.h"

static unsigned long size = RAMBUF_DEFAULT_SIZE;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "Size of each buffer in bytes, 1 to 67108864 (default 4096)");

static unsigned int count = 1;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Number of buffers, 1 to 16 (default 1)");

static struct rambuf *buffers[RAMBUF_MAX_COUNT];

/* All buffers are registered: until then a failed load would free open ones. */
static bool ready;

static int rambuf_open(struct inode *inode, struct file *file)
{
	struct rambuf *buffer = container_of(file->private_data, struct rambuf,
					     misc);
	struct rambuf_file *opened;

	/* misc_deregister() waits until no open() is in progress. */
	if (!READ_ONCE(ready))
		return -ENXIO;

	opened = kmalloc(sizeof(*opened), GFP_KERNEL_ACCOUNT);
	if (!opened)
		return -ENOMEM;
	opened->buffer = buffer;
	opened->seen = READ_ONCE(buffer->generation);
	file->private_data = opened;
	/* Serialize updates of a shared offset, as for regular files. */
	file->f_mode |= FMODE_NOWAIT | FMODE_ATOMIC_POS;
	return 0;
}

static int rambuf_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static loff_t rambuf_llseek(struct file *file, loff_t offset, int whence)
{
	struct rambuf_file *opened = file->private_data;
	size_t end = opened->buffer->size;

	return generic_file_llseek_size(file, offset, whence, end, end);
}

static __poll_t rambuf_poll(struct file *file, poll_table *wait)
{
	struct rambuf_file *opened = file->private_data;
	struct rambuf *buffer = opened->buffer;
	__poll_t ready = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &buffer->changed, wait);
	/* Pairs with rambuf_tell(): no change goes unnoticed. */
	smp_mb();
	if (READ_ONCE(opened->seen) != READ_ONCE(buffer->generation))
		ready |= EPOLLIN | EPOLLRDNORM;
	return ready;
}

static long rambuf_get_info(struct rambuf_file *opened, void __user *arg)
{
	struct rambuf *buffer = opened->buffer;
	struct rambuf_info info = {
		.size = buffer->size,
		.generation = READ_ONCE(buffer->generation),
		.index = buffer->index,
		.count = count,
	};

	if (copy_to_user(arg, &info, sizeof(info)))
		return -EFAULT;
	rambuf_saw(opened, info.generation);
	return 0;
}

/* RAMBUF_CLEAR and RAMBUF_NOTIFY. */
static long rambuf_change(struct rambuf_file *opened, fmode_t mode, bool zero)
{
	struct rambuf *buffer = opened->buffer;

	if (!(mode & FMODE_WRITE))
		return -EBADF;

	if (down_write_killable(&buffer->lock))
		return -EINTR;
	rambuf_begin_change(buffer);
	if (zero)
		rambuf_zero(buffer);
	rambuf_end_change(opened, true);
	up_write(&buffer->lock);

	rambuf_tell(buffer);
	return 0;
}

static long rambuf_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct rambuf_file *opened = file->private_data;

	switch (cmd) {
	case RAMBUF_GET_INFO:
		return rambuf_get_info(opened, (void __user *)arg);
	case RAMBUF_CLEAR:
		return rambuf_change(opened, file->f_mode, true);
	case RAMBUF_NOTIFY:
		return rambuf_change(opened, file->f_mode, false);
	case RAMBUF_RAW_0:
	case RAMBUF_RAW_1:
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations rambuf_fops = {
	.owner = THIS_MODULE,
	.open = rambuf_open,
	.release = rambuf_release,
	.llseek = rambuf_llseek,
	.read = rambuf_read,
	.read_iter = rambuf_read_iter,
	.write_iter = rambuf_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.mmap = rambuf_mmap,
	.poll = rambuf_poll,
	.fsync = noop_fsync,
	.unlocked_ioctl = rambuf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static int rambuf_register(struct rambuf *buffer)
{
	/* The first buffer is always /dev/rambuf. */
	if (buffer->index)
		snprintf(buffer->name, sizeof(buffer->name), "rambuf%u",
			 buffer->index);
	else
		strscpy(buffer->name, "rambuf", sizeof(buffer->name));

	buffer->misc.minor = MISC_DYNAMIC_MINOR;
	buffer->misc.name = buffer->name;
	buffer->misc.fops = &rambuf_fops;
	return misc_register(&buffer->misc);
}

static void destroy_all(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		rambuf_destroy(buffers[i]);
}

static int __init rambuf_init(void)
{
	unsigned int i;
	int err = -ENOMEM;

	if (!size || size > RAMBUF_MAX_SIZE) {
		pr_err("size=%lu is not within 1 to %u bytes\n", size,
		       RAMBUF_MAX_SIZE);
		return -EINVAL;
	}
	if (!count || count > RAMBUF_MAX_COUNT) {
		pr_err("count=%u is not within 1 to %u buffers\n", count,
		       RAMBUF_MAX_COUNT);
		return -EINVAL;
	}

	/* Fail early instead of reclaiming memory in vain. */
	if (PFN_UP(size) * count > si_mem_available())
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		buffers[i] = rambuf_create(i, size);
		if (!buffers[i])
			goto destroy;
	}
	for (i = 0; i < count; i++) {
		err = rambuf_register(buffers[i]);
		if (err)
			goto deregister;
	}
	WRITE_ONCE(ready, true);
	return 0;

deregister:
	while (i--)
		misc_deregister(&buffers[i]->misc);
destroy:
	destroy_all();
	return err;
}
module_init(rambuf_init);

static void __exit rambuf_exit(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		misc_deregister(&buffers[i]->misc);
	destroy_all();
}
module_exit(rambuf_exit);

MODULE_DESCRIPTION("RAM buffers that behave like files of fixed size");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_ALIAS("mydevice");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
