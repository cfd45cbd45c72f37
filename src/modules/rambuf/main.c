// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/rambuf: a RAM buffer that behaves as a file of fixed size.
 *
 * The contract stands in devtrio/rambuf.h.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include <devtrio/rambuf.h>

static unsigned long size = RAMBUF_DEFAULT_SIZE;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "Bytes of the buffer, 1 to 67108864 (default 4096)");

/**
 * struct rambuf - the buffer
 * @lock: held for writing while the content changes, for reading while it is
 *	read, so that neither sees half of the other; protects all below
 * @generation: how often the content changed
 * @size: bytes at @data; never changes
 * @data: the content; allocated at load, freed after the last file is closed
 */
struct rambuf {
	struct rw_semaphore lock;
	u64 generation;
	size_t size;
	u8 *data;
};

static struct rambuf the_buffer = {
	.lock = __RWSEM_INITIALIZER(the_buffer.lock),
};

static int rambuf_open(struct inode *inode, struct file *file)
{
	file->private_data = &the_buffer;
	return 0;
}

static loff_t rambuf_llseek(struct file *file, loff_t offset, int whence)
{
	struct rambuf *buffer = file->private_data;

	return fixed_size_llseek(file, offset, whence, buffer->size);
}

static ssize_t rambuf_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct rambuf *buffer = iocb->ki_filp->private_data;
	loff_t pos = iocb->ki_pos;
	size_t copied;

	if (pos >= buffer->size || !iov_iter_count(to))
		return 0;

	if (down_read_killable(&buffer->lock))
		return -EINTR;
	copied = copy_to_iter(buffer->data + pos, buffer->size - pos, to);
	up_read(&buffer->lock);

	iocb->ki_pos += copied;
	return copied ?: -EFAULT;
}

static ssize_t rambuf_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct rambuf *buffer = iocb->ki_filp->private_data;
	loff_t pos = iocb->ki_pos;
	size_t copied;

	if (!iov_iter_count(from))
		return 0;
	if (pos >= buffer->size)
		return -ENOSPC;

	if (down_write_killable(&buffer->lock))
		return -EINTR;
	copied = copy_from_iter(buffer->data + pos, buffer->size - pos, from);
	if (copied)
		buffer->generation++;
	up_write(&buffer->lock);

	iocb->ki_pos += copied;
	return copied ?: -EFAULT;
}

static long rambuf_get_info(struct rambuf *buffer, void __user *arg)
{
	struct rambuf_info info = { .size = buffer->size };

	if (down_read_killable(&buffer->lock))
		return -EINTR;
	info.generation = buffer->generation;
	up_read(&buffer->lock);

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long rambuf_clear(struct rambuf *buffer, fmode_t mode)
{
	if (!(mode & FMODE_WRITE))
		return -EBADF;

	if (down_write_killable(&buffer->lock))
		return -EINTR;
	memset(buffer->data, 0, buffer->size);
	buffer->generation++;
	up_write(&buffer->lock);

	return 0;
}

static long rambuf_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	struct rambuf *buffer = file->private_data;

	switch (cmd) {
	case RAMBUF_GET_INFO:
		return rambuf_get_info(buffer, (void __user *)arg);
	case RAMBUF_CLEAR:
		return rambuf_clear(buffer, file->f_mode);
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
	.llseek = rambuf_llseek,
	.read_iter = rambuf_read_iter,
	.write_iter = rambuf_write_iter,
	.unlocked_ioctl = rambuf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice rambuf_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rambuf",
	.fops = &rambuf_fops,
};

static int __init rambuf_init(void)
{
	int err;

	if (!size || size > RAMBUF_MAX_SIZE) {
		pr_err("size=%lu is not within 1 to %u bytes\n", size,
		       RAMBUF_MAX_SIZE);
		return -EINVAL;
	}

	the_buffer.size = size;
	the_buffer.data = vzalloc(size);
	if (!the_buffer.data)
		return -ENOMEM;

	err = misc_register(&rambuf_device);
	if (err)
		vfree(the_buffer.data);
	return err;
}
module_init(rambuf_init);

static void __exit rambuf_exit(void)
{
	misc_deregister(&rambuf_device);
	vfree(the_buffer.data);
}
module_exit(rambuf_exit);

MODULE_DESCRIPTION("A RAM buffer that behaves as a file of fixed size");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_ALIAS("mydevice");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
