/* Certificates and keys out of files, PEM or DER, as esp_tls_cfg_t takes them. */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <stddef.h>

#include "connect_options.h"
#include "tool.h"

/** Bytes of a file. PEM has a NUL after it, which size counts, as esp-tls wants it. */
struct blob {
    unsigned char *data;
    size_t size;
};

/** Own certificate and key. */
struct identity {
    struct blob cert;
    struct blob key;
    char *password; /* NULL: none */
};

/** Read a file of certificates or keys as it is; size does not count the NUL after it.
 *  @param path  "-": standard input
 *  @return EXIT_OK, or what is wrong has been said on stderr; clear the blob in both cases */
enum tool_exit credentials_read(const char *path, struct blob *blob);

/** Read authorities, all of them in one blob.
 *  @param path  as credentials_trust() */
enum tool_exit credentials_read_trust(const char *path, struct blob *blob);

/** Is it PEM, wherever in it that begins? */
bool credentials_is_pem(const struct blob *blob);

/** Wipe and free. */
void credentials_blob_clear(struct blob *blob);

/** Read a password as --pass takes it. @return as above; free *password after wiping it */
enum tool_exit credentials_password(const char *pass, char **password);

/** Load authorities into the global CA store.
 *  @param path  a file, a directory of files, or NULL for the system's
 *  @return EXIT_OK, or what is wrong has been said on stderr */
enum tool_exit credentials_trust(const char *path);

/** All that the options name: own identity, if there is one, and trust; with a warning where the
 *  name is not checked. Nothing when nothing is verified.
 *  @return EXIT_OK, or what is wrong has been said on stderr; clear the identity in both cases */
enum tool_exit credentials_load(struct identity *identity, const struct connect_options *options);

/** Put identity, trust, time and versions into a handle's configuration. All of it is borrowed.
 *  @param name  that the certificate must have */
void credentials_configure(const struct identity *identity, const struct connect_options *options,
                           const char *name, esp_tls_cfg_t *cfg);

/** Wipe and free. */
void credentials_clear(struct identity *identity);

#endif
