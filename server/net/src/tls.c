/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * TLS: version 1.3 alone. Buffers of connections that are idle are given back.
 */
#include <openssl/ssl.h>

#include "state.h"

void tls_configure(void *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_num_tickets(context, 1);
}

base_result tls_check(const char *cert, const char *key) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BASE_ENSURE(context != NULL, BASE_ERR_NO_MEMORY);
    bool good = SSL_CTX_use_certificate_chain_file(context, cert) == 1 &&
                SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_check_private_key(context) == 1;
    SSL_CTX_free(context);
    return good ? BASE_OK : &NET_ERR_TLS;
}
