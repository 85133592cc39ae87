#include "pcap_reader.h"

/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define FIN 1u
#define SYN 2u
#define RST 4u
#define ACK 16u

struct pcap *pcap_new(void)
{
    struct pcap *pcap = calloc(1, sizeof(*pcap));

    assert_non_null(pcap);
    pcap->file = malloc(PCAP_FILE);
    assert_non_null(pcap->file);
    return pcap;
}

static void forget(struct pcap *pcap)
{
    for (size_t i = 0; i < PCAP_FLOWS; i++) {
        free(pcap->flow[i].data[0]);
        free(pcap->flow[i].data[1]);
    }
    memset(pcap->flow, 0, sizeof(pcap->flow));
    pcap->flows = 0;
    pcap->sections = 0;
    pcap->interfaces = 0;
    pcap->packets = 0;
    pcap->secrets = 0;
    pcap->keylog[0] = '\0';
    pcap->name[0] = '\0';
}

void pcap_free(struct pcap *pcap)
{
    forget(pcap);
    free(pcap->file);
    free(pcap);
}

esp_err_t pcap_write(void *arg, const void *block, size_t len)
{
    struct pcap *pcap = arg;

    pcap->blocks++;
    if (pcap->fail_at != 0 && pcap->blocks >= pcap->fail_at) {
        pcap->after += pcap->blocks > pcap->fail_at;
        return ESP_FAIL;
    }
    assert_true(pcap->size + len <= PCAP_FILE);
    memcpy(pcap->file + pcap->size, block, len);
    pcap->size += len;
    return ESP_OK;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static uint32_t le32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static unsigned le16(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static unsigned be16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

/** RFC 1071, over pieces of even length but the last. @return 0 when the checksum in it is right */
static unsigned ones_sum(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint64_t total = 0;

    for (size_t i = 0; i < a_len; i++) {
        total += i % 2 == 0 ? (unsigned)a[i] << 8 : a[i];
    }
    for (size_t i = 0; i < b_len; i++) {
        total += i % 2 == 0 ? (unsigned)b[i] << 8 : b[i];
    }
    while (total > 0xFFFF) {
        total = (total & 0xFFFF) + (total >> 16);
    }
    return (unsigned)(0xFFFF - total);
}

/* --- TCP -------------------------------------------------------------------------------------- */

struct packet {
    struct plat_addr src;
    struct plat_addr dst;
    const uint8_t *tcp;
    size_t tcp_len;
    uint16_t id; /* IPv4's identification */
    int64_t us;
    bool is_sent;
};

static bool same_end(const struct plat_addr *a, const struct plat_addr *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, 16) == 0;
}

/** The latest flow between these ends; a SYN of the near one begins another. */
static struct pcap_flow *flow_of(struct pcap *pcap, const struct packet *p, bool is_first)
{
    const struct plat_addr *near = p->is_sent ? &p->src : &p->dst;
    const struct plat_addr *far = p->is_sent ? &p->dst : &p->src;
    struct pcap_flow *flow;

    for (size_t i = pcap->flows; !is_first && i-- > 0;) {
        if (same_end(&pcap->flow[i].end[0], near) && same_end(&pcap->flow[i].end[1], far)) {
            return &pcap->flow[i];
        }
    }
    if (!is_first || pcap->flows == PCAP_FLOWS) {
        fail_msg("a packet of no connection, or of one too many");
    }
    flow = &pcap->flow[pcap->flows++];
    flow->end[0] = *near;
    flow->end[1] = *far;
    flow->first_us = p->us;
    flow->last_us = p->us;
    for (int i = 0; i < 2; i++) {
        flow->data[i] = malloc(PCAP_STREAM);
        assert_non_null(flow->data[i]);
    }
    return flow;
}

static void check_tcp_checksum(const struct packet *p)
{
    uint8_t pseudo[40] = {0};
    size_t ip_len = p->src.family == PLAT_AF_INET6 ? 16 : 4;

    memcpy(pseudo, p->src.ip, ip_len);
    memcpy(pseudo + ip_len, p->dst.ip, ip_len);
    pseudo[2 * ip_len] = (uint8_t)(p->tcp_len >> 8);
    pseudo[2 * ip_len + 1] = (uint8_t)p->tcp_len;
    pseudo[2 * ip_len + 3] = 6;
    assert_int_equal(ones_sum(pseudo, 2 * ip_len + 4, p->tcp, p->tcp_len), 0);
}

/** RFC 9293 section 3.1: what is the same in each segment, and what only a SYN has. */
static void check_tcp_head(const struct packet *p)
{
    size_t head = (size_t)(p->tcp[12] >> 4) * 4;

    assert_int_equal(head, (p->tcp[13] & SYN) != 0 ? 24 : 20);
    assert_true(head <= p->tcp_len);
    assert_int_equal(p->tcp[12] & 15, 0);
    assert_int_equal(be16(p->tcp + 14), 65535); /* window */
    assert_int_equal(be16(p->tcp + 18), 0);     /* urgent pointer */
    if (head == 24) {
        assert_int_equal(be32(p->tcp + 20), 0x02040000 + 1440); /* maximum segment size */
    }
}

static void take_data(struct pcap_flow *flow, int from, const uint8_t *data, size_t len)
{
    assert_true(flow->len[from] + len <= PCAP_STREAM);
    memcpy(flow->data[from] + flow->len[from], data, len);
    flow->len[from] += len;
}

static void read_tcp(struct pcap *pcap, const struct packet *p)
{
    unsigned flags = p->tcp[13];
    size_t head = (size_t)(p->tcp[12] >> 4) * 4;
    size_t len = p->tcp_len - head;
    int from = p->is_sent ? 0 : 1;
    uint32_t seq = be32(p->tcp + 4);
    struct pcap_flow *flow = flow_of(pcap, p, (flags & (SYN | ACK)) == SYN);

    check_tcp_checksum(p);
    check_tcp_head(p);
    assert_int_equal(be16(p->tcp), p->src.port);
    assert_true(p->us >= flow->last_us);
    flow->last_us = p->us;
    flow->frames++;
    flow->ids[from]++;
    assert_true(p->src.family == PLAT_AF_INET6 || p->id == flow->ids[from]);
    if ((flags & SYN) != 0) {
        assert_int_equal(len, 0);
        assert_false(flow->syn[from]);
        flow->syn[from] = true;
        flow->next[from] = seq;
        flow->acked[from] = seq + 1;
    }
    assert_true(flow->syn[from]);
    assert_false(flow->rst[0] || flow->rst[1]);
    assert_int_equal(seq, flow->next[from]);
    assert_true(len == 0 || !flow->fin[from]);
    if ((flags & ACK) != 0) {
        assert_int_equal(be32(p->tcp + 8), flow->next[1 - from]); /* all that came */
        flow->acked[1 - from] = flow->next[1 - from];
    } else {
        assert_int_equal(flags, SYN);
        assert_int_equal(be32(p->tcp + 8), 0);
    }
    flow->next[from] += (uint32_t)len + ((flags & (SYN | FIN)) != 0 ? 1 : 0);
    assert_true(flow->next[from] - flow->acked[from] <= 65535); /* the window */
    flow->fin[from] |= (flags & FIN) != 0;
    flow->rst[from] |= (flags & RST) != 0;
    take_data(flow, from, p->tcp + head, len);
}

static void read_frame(struct pcap *pcap, const uint8_t *frame, size_t len, int64_t us,
                       bool is_sent)
{
    const uint8_t *ip = frame + 14;
    struct packet p = {.us = us, .is_sent = is_sent};
    bool is_v6 = be16(frame + 12) == 0x86DD;
    size_t ip_len = is_v6 ? 40 : 20;

    assert_true(len >= 14 + ip_len + 20 && len <= 1514);
    assert_memory_equal(frame + (is_sent ? 6 : 0), "\2\0\0\0\0\1", 6); /* the near end */
    assert_memory_equal(frame + (is_sent ? 0 : 6), "\2\0\0\0\0\2", 6);
    if (is_v6) {
        assert_int_equal(be32(ip), 0x60000000); /* no class, no flow */
        assert_int_equal(be16(ip + 4), len - 14 - 40);
        assert_int_equal(ip[6], 6);
        assert_int_equal(ip[7], 64);
        p.src.family = p.dst.family = PLAT_AF_INET6;
        memcpy(p.src.ip, ip + 8, 16);
        memcpy(p.dst.ip, ip + 24, 16);
    } else {
        assert_int_equal(be16(frame + 12), 0x0800);
        p.id = (uint16_t)be16(ip + 4);
        assert_int_equal(be16(ip), 0x4500);
        assert_int_equal(be16(ip + 6), 0x4000); /* never in fragments */
        assert_int_equal(ip[8], 64);
        assert_int_equal(be16(ip + 2), len - 14);
        assert_int_equal(ip[9], 6);
        assert_int_equal(ones_sum(ip, 20, NULL, 0), 0);
        p.src.family = p.dst.family = PLAT_AF_INET;
        memcpy(p.src.ip, ip + 12, 4);
        memcpy(p.dst.ip, ip + 16, 4);
    }
    p.tcp = ip + ip_len;
    p.tcp_len = len - 14 - ip_len;
    p.src.port = (uint16_t)be16(p.tcp);
    p.dst.port = (uint16_t)be16(p.tcp + 2);
    read_tcp(pcap, &p);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/** The value of an option. @return NULL: it is not there */
static const uint8_t *option_of(const uint8_t *at, size_t len, unsigned code, size_t *value_len)
{
    const uint8_t *found = NULL;

    for (;;) {
        size_t n;

        assert_true(len >= 4);
        n = le16(at + 2);
        if (le16(at) == 0) {
            assert_int_equal(n, 0);
            assert_int_equal(len, 4); /* the end is the end */
            return found;
        }
        if (le16(at) == code) {
            found = at + 4;
            *value_len = n;
        }
        n = 4 + (n + 3) / 4 * 4;
        assert_true(len >= n);
        at += n;
        len -= n;
    }
}

static void read_section(struct pcap *pcap, const uint8_t *body, size_t len)
{
    size_t n = 0;
    const uint8_t *program = option_of(body + 16, len - 16, 4, &n);

    assert_int_equal(le32(body), 0x1A2B3C4D);
    assert_int_equal(le16(body + 4), 1);
    assert_int_equal(le16(body + 6), 0);
    assert_int_equal(le32(body + 8) & le32(body + 12), 0xFFFFFFFF); /* its length is not known */
    assert_non_null(program);
    assert_memory_equal(program, "esp-tls ", 8);
    pcap->sections++;
}

static void read_interface(struct pcap *pcap, const uint8_t *body, size_t len)
{
    size_t n = 0;

    assert_int_equal(le16(body), 1); /* Ethernet */
    assert_int_equal(le16(body + 2), 0);
    assert_int_equal(le32(body + 4), 0); /* packets are whole */
    assert_memory_equal(option_of(body + 8, len - 8, 2, &n), "esp-tls", 7);
    assert_int_equal(n, 7);
    assert_null(option_of(body + 8, len - 8, 9, &n)); /* microseconds */
    pcap->interfaces++;
}

static void read_name(struct pcap *pcap, const uint8_t *body, size_t len)
{
    size_t n = le16(body + 2);
    size_t ip_len = le16(body) == 1 ? 4 : 16;

    assert_true(len >= 8 + ip_len && n > ip_len && n - ip_len <= sizeof(pcap->name));
    pcap->name_addr = (struct plat_addr){.family = ip_len == 4 ? PLAT_AF_INET : PLAT_AF_INET6};
    memcpy(pcap->name_addr.ip, body + 4, ip_len);
    memcpy(pcap->name, body + 4 + ip_len, n - ip_len);
    assert_int_equal(pcap->name[n - ip_len - 1], '\0');
    n = 4 + (n + 3) / 4 * 4;
    assert_int_equal(len, n + 4);
    assert_int_equal(le32(body + n), 0);
}

static void read_secrets(struct pcap *pcap, const uint8_t *body, size_t len)
{
    size_t n = le32(body + 4);
    size_t before = strlen(pcap->keylog);

    assert_int_equal(le32(body), 0x544C534B);
    assert_int_equal(len, 8 + (n + 3) / 4 * 4);
    assert_true(before + n < PCAP_KEYLOG);
    memcpy(pcap->keylog + before, body + 8, n);
    pcap->keylog[before + n] = '\0';
    assert_int_equal(body[8 + n - 1], '\n');
    pcap->secrets++;
}

static void read_packet(struct pcap *pcap, const uint8_t *body, size_t len)
{
    size_t n = le32(body + 12);
    size_t padded = (n + 3) / 4 * 4;
    size_t flags_len = 0;
    const uint8_t *flags;

    assert_true(pcap->interfaces > 0 && le32(body) == 0 && n == le32(body + 16));
    assert_true(len >= 20 + padded);
    flags = option_of(body + 20 + padded, len - 20 - padded, 2, &flags_len);
    assert_non_null(flags);
    assert_int_equal(flags_len, 4);
    assert_true(le32(flags) == 1 || le32(flags) == 2);
    read_frame(pcap, body + 20, n, (int64_t)((uint64_t)le32(body + 4) << 32 | le32(body + 8)),
               le32(flags) == 2);
    pcap->packets++;
}

void pcap_read(struct pcap *pcap)
{
    static const struct {
        uint32_t type;
        void (*read)(struct pcap *pcap, const uint8_t *body, size_t len);
    } kinds[] = {{0x0A0D0D0A, read_section},
                 {1, read_interface},
                 {4, read_name},
                 {6, read_packet},
                 {10, read_secrets}};
    size_t at = 0;

    forget(pcap);
    while (at < pcap->size) {
        const uint8_t *block = pcap->file + at;
        size_t len = le32(block + 4);
        size_t kind = 0;

        assert_true(len >= 12 && len % 4 == 0 && len <= pcap->size - at);
        assert_int_equal(le32(block + len - 4), len);
        while (kind < 5 && kinds[kind].type != le32(block)) {
            kind++;
        }
        assert_true(kind < 5);
        assert_true(pcap->sections == (kind == 0 ? 0u : 1u)); /* once, and first */
        kinds[kind].read(pcap, block + 8, len - 12);
        at += len;
    }
}
