// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each buzzer as an input device, which is what beep(1) and the console's bell
 * sound.
 */
#include <linux/device.h>
#include <linux/input.h>
#include <linux/sched.h>

#include "buzzer.h"

#define BELL_HZ	1000

static int beepctrl_input_event(struct input_dev *input, unsigned int type,
				unsigned int code, int value)
{
	struct beep_buzzer *buzzer = input_get_drvdata(input);
	u32 frequency = BEEPCTRL_REST;

	if (type != EV_SND)
		return -EINVAL;
	switch (code) {
	case SND_BELL:
		if (value)
			value = BELL_HZ;
		break;
	case SND_TONE:
		break;
	default:
		return -EINVAL;
	}

	/*
	 * What the input core believes to sound, it sounds again after a
	 * suspend. It is not to know.
	 */
	__clear_bit(code, input->snd);

	/* There is nobody to complain to: what can't be played is silence. */
	if (value >= (int)BEEPCTRL_FREQUENCY_MIN &&
	    value <= (int)BEEPCTRL_FREQUENCY_MAX)
		frequency = value;
	WRITE_ONCE(buzzer->writer, task_tgid_nr(current));
	beep_tone(buzzer, input, frequency);
	return 0;
}

/*
 * Somebody closed the event device. If it is the process whose sound it is, it
 * won't end it any more: beep(1) was killed, perhaps.
 */
static int beepctrl_input_flush(struct input_dev *input, struct file *file)
{
	struct beep_buzzer *buzzer = input_get_drvdata(input);

	if (READ_ONCE(buzzer->writer) == task_tgid_nr(current))
		beep_tone(buzzer, input, BEEPCTRL_REST);
	return 0;
}

/**
 * beep_add_input() - make an input device for a buzzer
 * @dev: the buzzer's, whose driver's unbinding removes it again
 * @buzzer: which
 *
 * Return: 0, -ENOMEM or the input core's error.
 */
int beep_add_input(struct device *dev, struct beep_buzzer *buzzer)
{
	struct input_dev *input = devm_input_allocate_device(dev);

	if (!input)
		return -ENOMEM;
	input->name = devm_kasprintf(dev, GFP_KERNEL, "beepctrl buzzer %u",
				     beep_index(buzzer));
	/* Where udev finds the name of a link. */
	input->phys = devm_kasprintf(dev, GFP_KERNEL, "beepctrl%u",
				     beep_index(buzzer));
	if (!input->name || !input->phys)
		return -ENOMEM;
	input->id.bustype = BUS_HOST;
	input_set_capability(input, EV_SND, SND_BELL);
	input_set_capability(input, EV_SND, SND_TONE);
	input->event = beepctrl_input_event;
	input->flush = beepctrl_input_flush;
	input_set_drvdata(input, buzzer);

	return input_register_device(input);
}
