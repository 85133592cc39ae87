/* What can be found of a server, and what helps. */
#include <string.h>

#include "check.h"

/** %s is never in here: what was seen is told apart, as evidence. */
static const struct check_finding_row rows[] = {
    /* no connection */
    {"name", CHECK_FAILS, EXIT_DNS, "the name has no usable address",
     "Check the spelling, and the name servers that the device uses."},
    {"name-timeout", CHECK_FAILS, EXIT_TIMEOUT, "no name server answered in time",
     "Check the network, and the name servers that the device uses."},
    {"tcp", CHECK_FAILS, EXIT_TCP, "TCP does not open",
     "Check address and port; a firewall may be in the way."},
    {"tcp-timeout", CHECK_FAILS, EXIT_TIMEOUT, "TCP is not answered",
     "Check address and port; a firewall may be dropping the packets."},
    {"address", CHECK_DEPENDS, EXIT_TCP, "one of its addresses does not answer",
     "A device that takes this address first waits for it in vain: have the server's owner take it "
     "out of the name, or choose the family with .addr_family."},
    {"starttls", CHECK_FAILS, EXIT_TLS, "STARTTLS is not to be had",
     "Check that the port is that of a mail server that offers STARTTLS (25, 587); a port with TLS "
     "from the first byte (465) is smtps."},
    {"no-tls", CHECK_FAILS, EXIT_TLS, "what answers there does not speak TLS",
     "Check the port; if the service begins in plain text, it may want STARTTLS."},
    {"silent", CHECK_FAILS, EXIT_TIMEOUT, "TCP opens, but TLS is not answered in time",
     "Perhaps that port does not speak TLS, or the server is overloaded."},
    /* versions */
    {"only-old", CHECK_FAILS, EXIT_TLS, "it speaks nothing newer than TLS 1.1",
     "The server has to be given TLS 1.2 or 1.3: the older versions are insecure (RFC 8996), and "
     "no "
     "current TLS library offers them."},
    {"no-version", CHECK_FAILS, EXIT_TLS, "it accepts no version of TLS",
     "The server's log may say why; perhaps it wants another name (SNI), or refuses this address."},
    {"only-1.3", CHECK_DEFAULT, EXIT_TLS,
     "it speaks TLS 1.3 only, and ESP-IDF's default is TLS 1.2",
     "Set CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y."},
    /* what is agreed on */
    {"suites", CHECK_FAILS, EXIT_TLS, "no cipher suite in common with any build of ESP-IDF",
     "The server has to be given a suite with ECDHE and AES-GCM."},
    {"suites-option", CHECK_DEFAULT, EXIT_TLS,
     "it takes only cipher suites that ESP-IDF has switched off by default", NULL},
    {"static-rsa", CHECK_DEPENDS, EXIT_TLS, "it takes only the RSA key exchange",
     "CONFIG_MBEDTLS_KEY_EXCHANGE_RSA=y is needed. The key exchange has no forward secrecy and is "
     "gone from newer TLS libraries: the server should be given ECDHE."},
    {"cbc", CHECK_DEPENDS, EXIT_TLS, "it takes only CBC cipher suites",
     "CONFIG_MBEDTLS_CIPHER_MODE_CBC=y is needed, which is ESP-IDF's default, and with this "
     "library "
     "CONFIG_ESP_TLS_CBC_CIPHERSUITES=y. The server should be given AES-GCM."},
    {"groups", CHECK_FAILS, EXIT_TLS, "no group (curve) in common with any build of ESP-IDF",
     "The server has to be given P-256 (secp256r1) or X25519."},
    {"groups-large", CHECK_DEPENDS, EXIT_TLS, "it takes neither P-256 nor X25519",
     "CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED and its like must not be switched off to save flash; "
     "such curves also take several times as long on a device."},
    {"signatures", CHECK_FAILS, EXIT_TLS, "it signs in no way that ESP-IDF can verify",
     "The server needs a certificate with an RSA or P-256 key."},
    {"pss", CHECK_DEFAULT, EXIT_TLS, "in TLS 1.2 it signs with RSASSA-PSS only",
     "Set CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y: in TLS 1.2 Mbed TLS 3.6 takes no such signatures."},
    {"pss-only", CHECK_FAILS, EXIT_TLS, "it signs with RSASSA-PSS only, and speaks TLS 1.2 only",
     "Have the server offer RSA PKCS #1 v1.5 signatures as well, or TLS 1.3: in TLS 1.2 Mbed TLS "
     "3.6 "
     "takes no RSASSA-PSS."},
    {"handshake", CHECK_FAILS, EXIT_TLS, "the TLS handshake fails", NULL},
    {"wants-certificate", CHECK_FAILS, EXIT_TLS, "it demands a client certificate",
     "Give the device one: .clientcert_buf and .clientkey_buf; here --cert and --key."},
    {"asks-certificate", CHECK_NOTE, EXIT_OK,
     "it asks for a client certificate, and goes on without",
     "If it is to know its clients, give the device one: .clientcert_buf and .clientkey_buf."},
    /* the certificate */
    {"certificate", CHECK_FAILS, EXIT_CERTIFICATE, "the certificate is refused", NULL},
    {"chain-incomplete", CHECK_FAILS, EXIT_CERTIFICATE,
     "the chain lacks an intermediate certificate",
     "The server has to send its chain with all intermediates. A device looks for none by itself, "
     "as "
     "browsers do. Until then the missing one can be put into .cacert_buf."},
    {"chain-order", CHECK_NOTE, EXIT_OK, "the chain is not in order",
     "Each certificate should be issued by the next one; some TLS libraries refuse it otherwise."},
    {"chain-extra", CHECK_NOTE, EXIT_OK, "the chain has certificates that nobody needs",
     "Take them out on the server: a device has to receive and parse them."},
    {"chain-root", CHECK_NOTE, EXIT_OK, "the chain ends with the root, which need not be sent",
     "Take it out on the server: a device has to receive and parse it, and trusts its own copy."},
    {"expires-soon", CHECK_NOTE, EXIT_CERTIFICATE, "a certificate expires soon",
     "The server's owner has to renew it."},
    {"chain-long", CHECK_DEPENDS, EXIT_MEMORY, "the chain is larger than one record of 4096 bytes",
     "A build with CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096 can take it only from a server that cuts "
     "handshake messages, and Mbed TLS 3.6 has to hold the whole message at a time."},
    /* records */
    {"large-records", CHECK_DEPENDS, EXIT_TLS, "its records are larger than a small device takes",
     "Leave CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN at 16384, with CONFIG_MBEDTLS_DYNAMIC_BUFFER=y so "
     "that "
     "the buffer exists only while its record does."},
    {"max-fragment", CHECK_DEPENDS, EXIT_TLS,
     "it agrees to max_fragment_length and does not keep to it",
     "Leave CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN at 16384; the server's TLS library is at fault."},
    {"record-limit", CHECK_DEPENDS, EXIT_TLS,
     "it agrees to record_size_limit and does not keep to it",
     "Leave CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN at 16384; the server's TLS library is at fault."},
    /* what is spoken within */
    {"alpn", CHECK_FAILS, EXIT_TLS, "it refuses the protocol of this URL (ALPN)",
     "Check scheme and port; .alpn_protos must name what the server speaks, or be left out."},
    {"unverified", CHECK_NOTE, EXIT_OTHER, "the certificate was not verified here",
     "No cipher suite that the server takes is in the build of this program: it leaves out the RSA "
     "key exchange (CONFIG_MBEDTLS_KEY_EXCHANGE_RSA) and CBC (CONFIG_ESP_TLS_CBC_CIPHERSUITES)."},
    {"http", CHECK_NOTE, EXIT_ANSWER, "its answer is not proper HTTP",
     "If this is a web server, a client of esp_http_client fails here."},
    {"incomplete", CHECK_NOTE, EXIT_OTHER, "not everything could be asked",
     "Try again with a longer --timeout, or when the server has less to do."},
};

const struct check_finding_row *check_finding_row(const char *id)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].id, id) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *check_weight_name(enum check_weight weight)
{
    static const char *const names[] = {
        [CHECK_FAILS] = "fails",
        [CHECK_DEFAULT] = "fails with default settings",
        [CHECK_DEPENDS] = "depends on settings",
        [CHECK_NOTE] = "note",
    };

    return names[weight];
}

/** The gravest stay first; among equals the order in which they were found. */
void check_add(struct check *c, const char *id, const char *evidence, const char *remedy)
{
    const struct check_finding_row *row = check_finding_row(id);
    size_t at = c->findings;
    struct check_finding *f;

    if (row == NULL || c->findings == CHECK_FINDINGS) {
        return;
    }
    while (at > 0 && c->finding[at - 1].row->weight > row->weight) {
        at--;
    }
    f = &c->finding[at];
    memmove(f + 1, f, (c->findings - at) * sizeof(*f));
    c->findings++;
    f->row = row;
    snprintf(f->evidence, sizeof(f->evidence), "%s", evidence);
    snprintf(f->remedy, sizeof(f->remedy), "%s",
             remedy != NULL        ? remedy
             : row->remedy != NULL ? row->remedy
                                   : "");
}
