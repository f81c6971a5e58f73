/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What main.c needs of cases besides what the kinds see.
 */
#ifndef VECTORS_CASE_H
#define VECTORS_CASE_H

#include "vectors.h"

/** Frees what the case's slices borrow from. */
void vectors_case_free(struct vectors_case *vector);

/** The OpenSSL provider; NULL where it is not built. */
BASE_MUST_USE base_result vectors_openssl(struct mls_provider **out);

/** NULL is allowed. */
void vectors_openssl_free(struct mls_provider *provider);

#endif
