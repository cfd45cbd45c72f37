// SPDX-License-Identifier: GPL-2.0-only
/* Asserts the offset of each field of the uapi structures, and all ioctl numbers. */
#include <stddef.h>

#include <devtrio/beepctrl.h>
#include <devtrio/proc_relate.h>
#include <devtrio/rambuf.h>

#define at(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #field)
#define size(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type)
#define number(command, value) \
	_Static_assert((command) == (value), #command)

size(proc_relate_task, 128);
at(proc_relate_task, sessionid, 32);
at(proc_relate_task, threads, 60);
at(proc_relate_task, start_time, 64);
at(proc_relate_task, mm, 88);
at(proc_relate_task, comm, 104);
at(proc_relate_task, reserved, 120);
size(proc_relate_info, 32);
at(proc_relate_info, log_size, 12);
size(proc_relate_query, 48);
at(proc_relate_query, since, 16);
size(proc_relate_status, 32);
at(proc_relate_status, flags, 16);
number(PROC_RELATE_GET_INFO, 0x8020be00U);
number(PROC_RELATE_SET_QUERY, 0x4030be01U);
number(PROC_RELATE_GET_STATUS, 0x8020be02U);

size(beepctrl_buzzer, 16);
size(beepctrl_step, 8);
size(beepctrl_play, 32);
at(beepctrl_play, steps, 16);
size(beepctrl_info, 112);
at(beepctrl_info, name, 64);
number(BEEPCTRL_GET_INFO, 0xc070be10U);
number(BEEPCTRL_ON, 0x4010be11U);
number(BEEPCTRL_OFF, 0x4010be12U);
number(BEEPCTRL_PLAY, 0x4020be13U);
number(BEEPCTRL_STOP, 0x4010be14U);

size(rambuf_info, 32);
at(rambuf_info, generation, 8);
at(rambuf_info, index, 16);
at(rambuf_info, reserved, 24);
number(RAMBUF_GET_INFO, 0x8020be20U);
number(RAMBUF_CLEAR, 0xbe21U);
number(RAMBUF_NOTIFY, 0xbe22U);

int main(void)
{
	return 0;
}
