// SPDX-License-Identifier: GPL-2.0-only
/* An input device for each buzzer, for beep(1) and the console bell. */
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

	/* Keep the input core from restarting the sound after a suspend. */
	__clear_bit(code, input->snd);

	/* Errors cannot be reported: play silence instead. */
	if (value >= (int)BEEPCTRL_FREQUENCY_MIN &&
	    value <= (int)BEEPCTRL_FREQUENCY_MAX)
		frequency = value;
	WRITE_ONCE(buzzer->writer, task_tgid_nr(current));
	beep_tone(buzzer, input, frequency);
	return 0;
}

/* Stop the sound when the process that made it closes the event device. */
static int beepctrl_input_flush(struct input_dev *input, struct file *file)
{
	struct beep_buzzer *buzzer = input_get_drvdata(input);

	if (READ_ONCE(buzzer->writer) == task_tgid_nr(current))
		beep_tone(buzzer, input, BEEPCTRL_REST);
	return 0;
}

/**
 * beep_add_input() - add an input device for a buzzer
 * @dev: device of the buzzer; unbinding it removes the input device
 * @buzzer: slot
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
	/* Names the link that udev creates. */
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
