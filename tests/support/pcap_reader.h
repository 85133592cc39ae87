/* Reads a capture (pcapng, draft-ietf-opsawg-pcapng) and checks all of it: the form of each block,
 * headers and checksums of each frame, and that what each end said follows on. A capture that does
 * not hold fails the test. Independent of the code that writes. */
#ifndef PCAP_READER_H
#define PCAP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_tls_trace.h"
#include "plat_net.h"

#define PCAP_FLOWS  8
#define PCAP_FILE   (4u * 1024u * 1024u)
#define PCAP_STREAM (2u * 1024u * 1024u)
#define PCAP_KEYLOG 8192u

/** One TCP connection. Ends: 0 the near one, which was sent from, 1 the far one. */
struct pcap_flow {
    struct plat_addr end[2];
    uint32_t next[2]; /* next byte of each end */
    uint32_t acked[2];
    uint16_t ids[2]; /* of each end's last IPv4 packet */
    bool syn[2];
    bool fin[2];
    bool rst[2];
    uint8_t *data[2]; /* what each end sent */
    size_t len[2];
    unsigned frames;
    int64_t first_us;
    int64_t last_us;
};

struct pcap {
    /* being written */
    uint8_t *file;
    size_t size;
    unsigned blocks;
    unsigned fail_at; /* the n-th block fails; 0: none */
    unsigned after;   /* blocks after it, which must not come */

    /* what was read */
    unsigned sections;
    unsigned interfaces;
    unsigned packets;
    unsigned secrets; /* blocks */
    char keylog[PCAP_KEYLOG];
    char name[256]; /* the last */
    struct plat_addr name_addr;
    struct pcap_flow flow[PCAP_FLOWS];
    size_t flows;
};

struct pcap *pcap_new(void);
void pcap_free(struct pcap *pcap);

/** The write of an esp_tls_capture_t. @param arg  a struct pcap */
esp_err_t pcap_write(void *arg, const void *block, size_t len);

/** Read what was written so far, from the beginning. */
void pcap_read(struct pcap *pcap);

#endif
