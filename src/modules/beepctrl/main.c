// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/beepctrl: buzzers on GPIO lines.
 *
 * The contract stands in devtrio/beepctrl.h.
 */
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <devtrio/beepctrl.h>

#include "buzzer.h"
#include "lines.h"

static char *lines[BEEPCTRL_MAX_BUZZERS];
static unsigned int lines_count;
module_param_array(lines, charp, &lines_count, 0444);
MODULE_PARM_DESC(lines, "Buzzers: <chip label>:<offset> or a line's name, up to 32, comma-separated");

static int beepctrl_release(struct inode *inode, struct file *file)
{
	buzzers_silence(file);
	return 0;
}

static long beepctrl_get_info(struct file *file, void __user *arg)
{
	struct beepctrl_info info;
	int err;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (memchr_inv(info.reserved, 0, sizeof(info.reserved)))
		return -EINVAL;

	err = buzzer_get_info(&info, file);
	if (err)
		return err;

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long beepctrl_switch(struct file *file, const void __user *arg, bool on)
{
	struct beepctrl_buzzer buzzer;

	if (copy_from_user(&buzzer, arg, sizeof(buzzer)))
		return -EFAULT;
	if (memchr_inv(buzzer.reserved, 0, sizeof(buzzer.reserved)))
		return -EINVAL;

	return buzzer_switch(buzzer.index, on, file);
}

/* The first driver's commands: the argument is no pointer but the index. */
static long beepctrl_raw_switch(struct file *file, unsigned long index, bool on)
{
	return buzzer_switch(min_t(unsigned long, index, U32_MAX), on, file);
}

static long beepctrl_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case BEEPCTRL_GET_INFO:
		return beepctrl_get_info(file, argp);
	case BEEPCTRL_ON:
		return beepctrl_switch(file, argp, true);
	case BEEPCTRL_OFF:
		return beepctrl_switch(file, argp, false);
	case BEEPCTRL_RAW_ON:
		return beepctrl_raw_switch(file, arg, true);
	case BEEPCTRL_RAW_OFF:
		return beepctrl_raw_switch(file, arg, false);
	default:
		return -ENOTTY;
	}
}

static int beepctrl_open(struct inode *inode, struct file *file)
{
	return nonseekable_open(inode, file);
}

static const struct file_operations beepctrl_fops = {
	.owner = THIS_MODULE,
	.open = beepctrl_open,
	.release = beepctrl_release,
	.unlocked_ioctl = beepctrl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice beepctrl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "beepctrl",
	.fops = &beepctrl_fops,
};

static int __init beepctrl_init(void)
{
	const char * const *entries = (const char * const *)lines;
	int err;

	buzzers_reserve(entries, lines_count);

	err = beepctrl_driver_register();
	if (err)
		return err;

	err = lines_register(entries, lines_count);
	if (err)
		goto unregister_driver;

	err = misc_register(&beepctrl_device);
	if (err)
		goto unregister_lines;

	if (!IS_ENABLED(CONFIG_GPIOLIB))
		pr_info("this kernel has no GPIO lines, so there are no buzzers\n");
	else if (!buzzers_count())
		pr_info("no buzzer is configured: see lines= in beepctrl(4)\n");
	return 0;

unregister_lines:
	lines_unregister();
unregister_driver:
	beepctrl_driver_unregister();
	return err;
}
module_init(beepctrl_init);

static void __exit beepctrl_exit(void)
{
	misc_deregister(&beepctrl_device);
	lines_unregister();
	beepctrl_driver_unregister();
}
module_exit(beepctrl_exit);

MODULE_DESCRIPTION("Buzzers on GPIO lines");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
