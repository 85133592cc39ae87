/* What the files of the own certificate and key share: identity.c checks both and sends them; the
 * build has one of key_on_demand.c and key_kept.c, which say how long they are in memory. */
#ifndef MBED_IDENTITY_H
#define MBED_IDENTITY_H

#include "mbed.h"

/* --- identity.c ------------------------------------------------------------------------------- */

int et_mbed_identity_parse_key(const struct stack_identity *source, mbedtls_pk_context *key);
void et_mbed_identity_key_clear(struct mbed *m);
/** The chain, for Mbed TLS to send. @return 0 or Mbed TLS's code */
int et_mbed_identity_chain_have(struct mbed *m);
void et_mbed_identity_chain_clear(struct mbed *m);
/** Has the server asked for a certificate? */
bool et_mbed_identity_is_asked_for(const struct mbed *m);
/** Does the chain fit a message? @return 0 or Mbed TLS's code, and the option is named */
int et_mbed_identity_check_room(struct mbed *m);

/* --- key_on_demand.c, key_kept.c -------------------------------------------------------------- */

/** After chain and key were checked. */
TLS_MUST_USE tls_status et_mbed_identity_keep(struct mbed *m);

#endif
