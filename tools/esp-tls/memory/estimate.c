#include "estimate.h"

#include <stdio.h>

/* Measured on 32-bit ARM with Mbed TLS 3.6.6, unmodified, and with ESP-IDF 5.5's dynamic buffers
 * over it, against openssl s_server with a chain of two certificates: the peak of the handshake,
 * block headers and all. Of the first two without the record buffers. */
static const struct measured {
    uint32_t sparing;  /* settings that save: P-256 and X25519 only, small windows, no SHA-512 */
    uint32_t defaults; /* Mbed TLS's defaults */
    uint32_t dynamic;  /* dynamic buffers with settings that save, records of 16384 and 4096 */
} measured[2][2][2] = {
    /* [TLS 1.3][RSA][mutual] */
    {{{8672, 16776, 14168}, {10080, 18104, 16168}}, {{13496, 20496, 17592}, {19112, 27136, 25992}}},
    {{{9624, 27376, 22128}, {11376, 28696, 23448}}, {{14664, 27952, 22704}, {19880, 30936, 26760}}},
};

#define RECORD_EXTRA                                                                               \
    344u /* header, IV, MAC, padding of Mbed TLS's buffers, and the block's header */
#define CHAIN_EC     1884u /* bytes of the chain that was measured with */
#define CHAIN_RSA    2680u
#define MEASURED_IN  16384u
#define MEASURED_OUT 4096u
#define SETUP_MORE   6584u /* what the defaults take more before the handshake */

static uint32_t moved(uint32_t from, int64_t by)
{
    int64_t to = (int64_t)from + by;

    return to > 0 ? (uint32_t)to : 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/** TLS 1.2: the record with the chain is the largest, and the chain is kept beside it. TLS 1.3: a
 *  buffer of full size for the server's ChangeCipherSpec comes first. */
static struct estimate estimate_dynamic(const struct connection_kind *k, const struct measured *m,
                                        int64_t chain_more)
{
    int64_t out_more = (int64_t)k->out - MEASURED_OUT;
    int64_t in_more = (int64_t)k->in - MEASURED_IN;
    uint32_t certificates = moved(RECORD_EXTRA, (int64_t)k->chain_bytes + chain_more);

    if (!k->is_1_3) {
        uint32_t least = moved(m->dynamic, 2 * chain_more + out_more);

        return (struct estimate){least, least + (m->defaults - m->sparing)};
    }
    return (struct estimate){
        larger(moved(m->dynamic, in_more + out_more), m->sparing + certificates),
        larger(moved(m->dynamic + SETUP_MORE, in_more + out_more), m->defaults + certificates)};
}

struct estimates estimate_esp_idf(const struct connection_kind *k)
{
    const struct measured *m = &measured[k->is_1_3][k->has_rsa][k->is_mutual];
    int64_t chain_more = (int64_t)k->chain_bytes - (k->has_rsa ? CHAIN_RSA : CHAIN_EC);
    int64_t buffers = (int64_t)k->in + k->out + 2 * RECORD_EXTRA + chain_more;

    return (struct estimates){
        .fixed = {moved(m->sparing, buffers), moved(m->defaults, buffers)},
        .dynamic = estimate_dynamic(k, m, chain_more),
    };
}

const char *estimate_text(const struct estimate *e, char text[40])
{
    snprintf(text, 40, "%u,000 to %u,000", (unsigned)((e->least + 500) / 1000),
             (unsigned)((e->most + 500) / 1000));
    return text;
}
