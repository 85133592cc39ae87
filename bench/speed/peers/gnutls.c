/* With GnuTLS: anchors and priorities of the process, a session per connection. */
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <unistd.h>

#include "bench_certs.h"
#include "speed.h"

static gnutls_certificate_credentials_t trust;
static gnutls_priority_t priorities;

static void prepare(const struct speed_job *job)
{
    gnutls_datum_t root = {(unsigned char *)(job->rsa ? rsa_root : ec_root),
                           job->rsa ? sizeof(rsa_root) : sizeof(ec_root)};

    if (trust == NULL) {
        gnutls_certificate_allocate_credentials(&trust);
        gnutls_certificate_set_x509_trust_mem(trust, &root, GNUTLS_X509_FMT_DER);
        gnutls_priority_init(&priorities,
                             job->version == 12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2"
                                                : "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                             NULL);
    }
}

struct speed_connection *speed_open(const struct speed_job *job)
{
    gnutls_session_t session;
    int fd = speed_connect(job);
    int ret;

    prepare(job);
    gnutls_init(&session, GNUTLS_CLIENT);
    gnutls_priority_set(session, priorities);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust);
    gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", 9);
    gnutls_session_set_verify_cert(session, "localhost", 0);
    gnutls_transport_set_int(session, fd);
    do {
        ret = gnutls_handshake(session);
    } while (ret < 0 && !gnutls_error_is_fatal(ret));
    if (ret < 0) {
        fprintf(stderr, "gnutls: %s\n", gnutls_strerror(ret));
        return NULL;
    }
    return (struct speed_connection *)session;
}

ssize_t speed_write(struct speed_connection *c, const void *buf, size_t len)
{
    return gnutls_record_send((gnutls_session_t)c, buf, len);
}

ssize_t speed_read(struct speed_connection *c, void *buf, size_t len)
{
    ssize_t n;

    do {
        n = gnutls_record_recv((gnutls_session_t)c, buf, len);
    } while (n < 0 && !gnutls_error_is_fatal((int)n));
    return n;
}

void speed_close(struct speed_connection *c)
{
    gnutls_session_t session = (gnutls_session_t)c;
    int fd = gnutls_transport_get_int(session);

    gnutls_bye(session, GNUTLS_SHUT_WR);
    gnutls_deinit(session);
    close(fd);
}
