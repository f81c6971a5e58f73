/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

BASE_DEFINE_ERROR(BASE_ERR_NO_MEMORY, BASE_LIMIT, 0, "out of memory");
BASE_DEFINE_ERROR(BASE_ERR_TOO_LONG, BASE_LIMIT, 0, "longer than its format or its bound allows");
BASE_DEFINE_ERROR(BASE_ERR_TRUNCATED, BASE_PEER, 0, "ends before it is complete");
BASE_DEFINE_ERROR(BASE_ERR_TRAILING, BASE_PEER, 0, "has bytes left over at its end");
BASE_DEFINE_ERROR(BASE_ERR_VARINT, BASE_PEER, "RFC 9420 §2.1.2", "a length is not written in its shortest form");
BASE_DEFINE_ERROR(BASE_ERR_VALUE, BASE_PEER, 0, "holds a value that this field does not have");
BASE_DEFINE_ERROR(BASE_ERR_RANDOM, BASE_INTERNAL, 0, "the source of randomness failed");
