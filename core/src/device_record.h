/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between the files of device.
 */
#ifndef CORE_DEVICE_RECORD_H
#define CORE_DEVICE_RECORD_H

#include "state.h"

/** The key package of an own device's record; false: there is none that can be used. Borrowed until a record changes.
 */
bool device_key_package(const struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN], struct base_slice *out);

#endif
