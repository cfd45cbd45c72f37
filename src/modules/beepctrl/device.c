// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform driver that provides the buzzers' GPIO lines and handles suspend,
 * shutdown, panic and removal of a GPIO chip.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include "buzzer.h"

static struct platform_driver beepctrl_driver;

/*
 * Probe devices whose GPIO chip was removed. The probe fails and puts them on
 * the deferred list, so that the core retries when a chip appears.
 */
static void probe_again(struct work_struct *work)
{
	if (driver_attach(&beepctrl_driver.driver))
		pr_debug("devices without a chip are not probed again\n");
}

static DECLARE_WORK(probe_work, probe_again);
static DEFINE_MUTEX(probe_lock);	/* protects leaving */
static bool leaving;

static void schedule_probe(void)
{
	mutex_lock(&probe_lock);
	if (!leaving)
		schedule_work(&probe_work);
	mutex_unlock(&probe_lock);
}

/*
 * Link to the chip's device as supplier: it is then unbound, suspended and shut
 * down after us. Defer if it is being unbound already.
 */
static struct device_link *link_to_chip(struct device *dev,
					struct gpio_desc *gpiod)
{
	struct gpio_chip *chip = gpiod_to_chip(gpiod);
	struct device *parent = IS_ERR_OR_NULL(chip) ? NULL : chip->parent;
	struct device_link *link;

	/* A link to a device without a driver never becomes active. */
	if (!parent || !READ_ONCE(parent->driver))
		return NULL;

	link = device_link_add(dev, parent, 0);
	if (!link)
		return ERR_PTR(-ENOMEM);
	if (READ_ONCE(link->status) != DL_STATE_CONSUMER_PROBE)
		return ERR_PTR(-EPROBE_DEFER);
	return link;
}

static void beepctrl_remove_buzzer(void *data)
{
	struct beep_buzzer *buzzer = data;
	struct device_link *link = buzzer->link;
	bool chip_goes = link &&
			 READ_ONCE(link->status) == DL_STATE_SUPPLIER_UNBIND;

	beep_unbind(buzzer);
	if (link)
		put_device(&link->link_dev);
	if (chip_goes)
		schedule_probe();
}

static int beepctrl_add_buzzer(struct platform_device *pdev,
			       struct gpio_desc *gpiod, unsigned int i)
{
	struct device *dev = &pdev->dev;
	struct device_link *link = link_to_chip(dev, gpiod);
	char name[BEEPCTRL_NAME_LEN];
	struct beep_buzzer *buzzer;
	int err;

	if (IS_ERR(link))
		return PTR_ERR(link);

	gpiod_set_consumer_name(gpiod, KBUILD_MODNAME);
	snprintf(name, sizeof(name), "%s:%u", dev_name(dev), i);
	buzzer = beep_bind(dev, pdev->id, gpiod, name);
	if (!buzzer)
		return dev_err_probe(dev, -ENOSPC, "more than %u buzzers\n",
				     BEEPCTRL_MAX_BUZZERS);
	buzzer->link = link;
	/* The core may drop the link before beepctrl_remove_buzzer(). */
	if (buzzer->link)
		get_device(&buzzer->link->link_dev);

	err = devm_add_action_or_reset(dev, beepctrl_remove_buzzer, buzzer);
	if (err)
		return err;

	return beep_add_input(dev, buzzer);
}

static int beepctrl_probe(struct platform_device *pdev)
{
	struct gpio_descs *lines;
	unsigned int i;
	int err;

	/* Reported once at load. */
	if (!IS_ENABLED(CONFIG_GPIOLIB))
		return -ENODEV;

	/* All lines or none. */
	lines = devm_gpiod_get_array(&pdev->dev, NULL, GPIOD_OUT_LOW);
	if (IS_ERR(lines)) {
		beep_miss(pdev->id, PTR_ERR(lines));
		return dev_err_probe(&pdev->dev, PTR_ERR(lines),
				     "failed to get GPIO lines\n");
	}

	for (i = 0; i < lines->ndescs; i++) {
		err = beepctrl_add_buzzer(pdev, lines->desc[i], i);
		if (err)
			return err;
	}

	return 0;
}

/* Reboot, power off and kexec. */
static void beepctrl_shutdown(struct platform_device *pdev)
{
	beep_unbind_device(&pdev->dev);
}

static int beepctrl_suspend(struct device *dev)
{
	beep_silence_device(dev);
	return 0;
}

static const struct dev_pm_ops beepctrl_pm_ops = {
	.suspend = beepctrl_suspend,
	.freeze = beepctrl_suspend,
	.poweroff = beepctrl_suspend,
};

static const struct of_device_id beepctrl_of_match[] = {
	{ .compatible = "devtrio,beepctrl" },
	{ }
};
MODULE_DEVICE_TABLE(of, beepctrl_of_match);

static struct platform_driver beepctrl_driver = {
	.driver = {
		.name = "beepctrl",
		.of_match_table = beepctrl_of_match,
		.pm = &beepctrl_pm_ops,
	},
	.probe = beepctrl_probe,
	.shutdown = beepctrl_shutdown,
};

static int beepctrl_panic(struct notifier_block *block, unsigned long event,
			  void *data)
{
	beep_panic();
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = beepctrl_panic };

int __init beep_driver_register(void)
{
	int err = platform_driver_register(&beepctrl_driver);

	if (err)
		return err;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}

void beep_driver_unregister(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);

	mutex_lock(&probe_lock);
	leaving = true;
	mutex_unlock(&probe_lock);
	cancel_work_sync(&probe_work);

	platform_driver_unregister(&beepctrl_driver);
}
