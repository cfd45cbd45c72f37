// SPDX-License-Identifier: GPL-2.0-only
/* /dev/beepctrl: buzzers on GPIO lines. The ABI is in devtrio/beepctrl.h. */
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <devtrio/beepctrl.h>

#include "buzzer.h"
#include "lines.h"

static char *lines[BEEPCTRL_MAX_BUZZERS];
static unsigned int lines_count;
module_param_array(lines, charp, &lines_count, 0444);
MODULE_PARM_DESC(lines, "Up to 32 buzzers, comma-separated: <chip label>:<offset> or <line name>, optionally with :active-low");

/* Read by each command that starts a sound. */
module_param_named(max_on_ms, beep_max_on_ms, uint, 0644);
MODULE_PARM_DESC(max_on_ms, "Maximum ms of sound after the last command, 0 for no limit (default 30000)");

static int beepctrl_release(struct inode *inode, struct file *file)
{
	beep_stop_all(file);
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

	err = beep_get_info(&info, file);
	if (err)
		return err;

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Commands that take a struct beepctrl_buzzer. */
static long beepctrl_command(struct file *file, unsigned int cmd,
			     const void __user *arg)
{
	struct beepctrl_buzzer buzzer;

	if (copy_from_user(&buzzer, arg, sizeof(buzzer)))
		return -EFAULT;
	if (memchr_inv(buzzer.reserved, 0, sizeof(buzzer.reserved)))
		return -EINVAL;

	switch (cmd) {
	case BEEPCTRL_ON:
		return beep_switch(buzzer.index, true, file);
	case BEEPCTRL_OFF:
		return beep_switch(buzzer.index, false, file);
	default:
		return beep_stop(buzzer.index, file);
	}
}

static bool is_valid_step(const struct beepctrl_step *step)
{
	if (step->frequency != BEEPCTRL_REST &&
	    step->frequency != BEEPCTRL_STEADY &&
	    (step->frequency < BEEPCTRL_FREQUENCY_MIN ||
	     step->frequency > BEEPCTRL_FREQUENCY_MAX))
		return false;
	return step->duration && step->duration <= BEEPCTRL_DURATION_MAX;
}

static struct beep_pattern *copy_play(const struct beepctrl_play *from,
				      const struct file *player)
{
	size_t size = array_size(from->count, sizeof(struct beepctrl_step));
	struct beep_pattern *play;
	u32 i;

	play = kzalloc(struct_size(play, steps, from->count),
		       GFP_KERNEL_ACCOUNT);
	if (!play)
		return ERR_PTR(-ENOMEM);
	play->player = player;
	play->repeat = from->repeat;
	play->count = from->count;

	if (copy_from_user(play->steps, u64_to_user_ptr(from->steps), size)) {
		kfree(play);
		return ERR_PTR(-EFAULT);
	}
	for (i = 0; i < play->count; i++)
		if (!is_valid_step(&play->steps[i])) {
			kfree(play);
			return ERR_PTR(-EINVAL);
		}

	return play;
}

static long beepctrl_play(struct file *file, const void __user *arg)
{
	struct beepctrl_play args;
	struct beep_pattern *play;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (memchr_inv(args.reserved, 0, sizeof(args.reserved)) ||
	    args.flags & ~BEEPCTRL_QUEUE || !args.count ||
	    args.count > BEEPCTRL_MAX_STEPS)
		return -EINVAL;

	play = copy_play(&args, file);
	if (IS_ERR(play))
		return PTR_ERR(play);
	return beep_play(args.index, play, args.flags & BEEPCTRL_QUEUE);
}

/* The first driver's commands: the argument is the index itself. */
static long beepctrl_raw_command(struct file *file, unsigned int cmd,
				 unsigned long arg)
{
	u32 index = min_t(unsigned long, arg, U32_MAX);

	return beep_switch(index, cmd == BEEPCTRL_RAW_ON, file);
}

static long beepctrl_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case BEEPCTRL_GET_INFO:
		return beepctrl_get_info(file, argp);
	case BEEPCTRL_ON:
	case BEEPCTRL_OFF:
	case BEEPCTRL_STOP:
		return beepctrl_command(file, cmd, argp);
	case BEEPCTRL_PLAY:
		return beepctrl_play(file, argp);
	case BEEPCTRL_RAW_ON:
	case BEEPCTRL_RAW_OFF:
		return beepctrl_raw_command(file, cmd, arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations beepctrl_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.release = beepctrl_release,
	.poll = beep_poll,
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

	beep_init(entries, lines_count);

	err = beep_driver_register();
	if (err)
		return err;

	err = beep_lines_register(entries, lines_count);
	if (err)
		goto unregister_driver;

	err = misc_register(&beepctrl_device);
	if (err)
		goto unregister_lines;

	if (!IS_ENABLED(CONFIG_GPIOLIB))
		pr_info("this kernel has no GPIO lines, so there are no buzzers\n");
	else if (!beep_count())
		pr_info("no buzzer is configured: see lines= in beepctrl(4)\n");
	return 0;

unregister_lines:
	beep_lines_unregister();
unregister_driver:
	beep_driver_unregister();
	return err;
}
module_init(beepctrl_init);

static void __exit beepctrl_exit(void)
{
	misc_deregister(&beepctrl_device);
	beep_lines_unregister();
	beep_driver_unregister();
}
module_exit(beepctrl_exit);

MODULE_DESCRIPTION("Buzzers on GPIO lines");
MODULE_AUTHOR("The devtrio maintainers");
MODULE_VERSION(DEVTRIO_VERSION);
MODULE_LICENSE("GPL");
