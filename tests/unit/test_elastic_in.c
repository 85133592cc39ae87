/* Records that come in, over elastic buffers: split, fragmented, coalesced, empty, padded, small,
 * large, too large, and what is no record at all. Between two of them nothing is held. */
#include "elastic_kit.h"

#include "mbedtls/ssl.h"

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER

/* --- split on the wire ------------------------------------------------------------------------ */

static void test_handshake_in_single_bytes_opens(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        sim_wire(0, 1, 1, 0);
        kit_open(t);
        kit_echo(t, 300);
        kit_renew(t, NULL);
        kit_open_async(t);
        kit_echo(t, 300);
        kit_renew(t, NULL);
    }
}

static void test_handshake_in_random_pieces_opens(void **state)
{
    struct sim_case *t = *state;

    for (unsigned seed = 1; seed <= 24; seed += KIT_SLOW) {
        kit_use(t, &kit_kinds[seed % 4]);
        sim_wire_random(seed);
        sim_wire(seed % 3 == 0 ? 1000 : 0, 0, 0, 0);
        kit_open(t);
        kit_echo(t, 5000);
        kit_renew(t, NULL);
    }
}

/** Read len bytes on a handle that does not block, waiting in between. @return how often */
static unsigned read_nonblocking(struct sim_case *t, size_t len)
{
    unsigned char buf[700];
    unsigned waits = 0;
    size_t got = 0;

    while (got < len) {
        ssize_t ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));

        kit_assert_bound();
        if (ret == ESP_TLS_ERR_SSL_WANT_READ) {
            waits++;
            (void)sim_wait(t->tls);
            continue;
        }
        assert_true(ret > 0);
        for (size_t i = 0; i < (size_t)ret; i++) {
            assert_int_equal(buf[i], sim_pattern(got + i));
        }
        got += (size_t)ret;
    }
    return waits;
}

/** Pieces of 1 to 6 bytes, each after a pause: every place of a header is a place to stop. */
static void test_header_split_at_every_byte_is_read(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 260}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->server.script = script;
    t->server.record = 13;
    t->server.trickle_us = 1000;
    t->cfg.timeout_ms = 60000;
    for (int version = 12; version <= 13; version++) {
        for (size_t piece = 1; piece <= 6; piece++) {
            kit_use(t, &kit_kinds[13 - version]);
            t->server.trickle = piece;
            t->cfg.non_block = piece % 2 == 1;
            kit_open_async(t);
            assert_true(read_nonblocking(t, 260) >= (t->cfg.non_block ? 20 : 0));
            kit_assert_at_rest(t);
            kit_renew(t, NULL);
        }
    }
}

/** Nothing now, though the wait said so: at the n-th read or write, for every n-th of them. */
static void would_block(struct sim_case *t, const struct kit_kind *kind, bool async, unsigned step)
{
    unsigned nth = 1;

    for (;; nth += step * KIT_SLOW) {
        unsigned before;

        kit_use(t, kind);
        kit_renew(t, NULL);
        before = sim_io_count();
        sim_fail_io(nth, SIM_FAULT_AGAIN, 0, false);
        if (async) {
            kit_open_async(t);
        } else {
            kit_open(t);
        }
        kit_echo(t, 40);
        if (sim_io_count() - before < nth) {
            break;
        }
    }
    assert_true(nth > 10);
}

static void test_would_block_at_any_io_is_survived(void **state)
{
    for (size_t i = 0; i < KIT_KINDS; i++) {
        would_block(*state, &kit_kinds[i], false, kit_kinds[i].rsa ? 9 : i >= 2 ? 1 : 4);
    }
}

static void test_would_block_at_any_io_async_is_survived(void **state)
{
    for (size_t i = 0; i < KIT_KINDS; i++) {
        would_block(*state, &kit_kinds[i], true, kit_kinds[i].rsa ? 9 : i < 2 ? 1 : 4);
    }
}

/** One byte, then nothing for a while, then the rest: at the n-th read or write, for every n. */
static void test_short_io_anywhere_is_survived(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 2; i < 4; i++) {
        for (unsigned nth = 1;; nth += 2 * KIT_SLOW) {
            unsigned before;

            kit_use(t, &kit_kinds[i]);
            kit_renew(t, NULL);
            before = sim_io_count();
            sim_fail_io(nth, SIM_FAULT_SHORT, 0, false);
            kit_open(t);
            kit_echo(t, 40);
            if (sim_io_count() - before < nth) {
                break;
            }
        }
    }
}

/* --- handshake messages over many records ----------------------------------------------------- */

static void test_message_over_many_records_is_gathered(void **state)
{
    static const size_t pieces[][2] = {{4, 1}, {4, 2}, {5, 7}, {7, 7}, {100, 100}, {4, 1000}};
    struct sim_case *t = *state;
    struct reframe r = {.piece = 0};

    for (size_t i = 0; i < KIT_KINDS; i++) {
        for (size_t p = 0; p < COUNT(pieces); p++) {
            esp_tls_memory_stats_t stats;

            kit_use(t, &kit_kinds[i]);
            reframe_attach(&r, &t->server);
            r.first = pieces[p][0];
            r.piece = pieces[p][1];
            kit_open(t);
            assert_true(r.records > r.messages);
            stats = kit_stats(t);
            /* the largest message, and once more while the buffer grows */
            assert_in_range(stats.by_purpose[ESP_TLS_MEM_RECORD_IN].peak, 100,
                            kit_kinds[i].rsa ? 6000 : 4000);
            kit_echo(t, 100);
            kit_renew(t, NULL);
        }
    }
    reframe_clear(&r);
}

static void test_message_over_many_records_in_single_bytes_is_gathered(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.first = 4, .piece = 9};

    for (size_t i = 0; i < 4; i++) {
        kit_use(t, &kit_kinds[i]);
        reframe_attach(&r, &t->server);
        sim_wire(0, 1, 0, 0);
        kit_open_async(t);
        kit_echo(t, 100);
        kit_renew(t, NULL);
    }
    reframe_clear(&r);
}

/** Mbed TLS wants the header of a message in its first record. It says so, and nothing breaks. */
static void test_message_header_over_two_records_is_refused(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.piece = 0};

    for (size_t i = 0; i < 2; i++) {
        for (size_t first = 1; first < 4; first++) {
            kit_use(t, &kit_kinds[i]);
            reframe_attach(&r, &t->server);
            r.first = first;
            r.piece = 50;
            assert_int_equal(sim_connect(t), -1);
            assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                          ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x7200");
            kit_renew(t, NULL);
        }
    }
    reframe_clear(&r);
}

/** Fragments of a message of 16 MB: gathering ends at what Mbed TLS takes, 16 KB. */
static void endless_message_peer(struct sim_peer *peer, void *unused)
{
    unsigned char hello[2048];
    unsigned *sent = sim_peer_state(peer, sizeof(*sent));
    unsigned char record[5 + 4096] = {22, 3, 3, 0x10, 0, 2, 0xFF, 0xFF, 0xFF};

    (void)unused;
    while (sim_peer_read(peer, hello, sizeof(hello)) > 0) {
    }
    while (*sent < 32) {
        if (sim_peer_write(peer, record, sizeof(record)) != sizeof(record)) {
            return;
        }
        ++*sent;
    }
}

static void test_message_without_end_is_refused(void **state)
{
    struct sim_case *t = *state;

    sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, endless_message_peer, NULL);
    assert_int_equal(sim_connect(t), -1);
    assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                  ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x7200 record");
    assert_int_equal(sim_record(t).record_limit, 16384);
    assert_in_range(sim_record(t).record_len, 16385, 2 * 16384);
    assert_in_range(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak, 8192, 2 * 16384 + 8192);
    kit_assert_bound();
}

/* --- many messages in one record -------------------------------------------------------------- */

static void test_flight_in_one_record_is_taken_apart(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.coalesce = true};

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        reframe_attach(&r, &t->server);
        kit_open(t);
        assert_true(r.messages > r.records + 2);
        kit_echo(t, 100);
        kit_renew(t, NULL);
    }
    reframe_clear(&r);
}

/** Cuts at any place, whatever is in front of them and behind. */
static void test_flight_cut_anywhere_is_taken_apart(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.coalesce = true};

    for (size_t i = 0; i < 4; i++) {
        for (size_t record = 40; record < 1500; record += 97 * KIT_SLOW) {
            kit_use(t, &kit_kinds[i]);
            reframe_attach(&r, &t->server);
            r.record = record;
            kit_open(t);
            kit_renew(t, NULL);
        }
    }
    reframe_clear(&r);
}

/** What is left of a flight does not keep the whole flight in memory. */
static void test_flight_is_let_go_of_as_it_is_read(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.coalesce = true};

    kit_use(t, &kit_kinds[0]);
    reframe_attach(&r, &t->server);
    kit_open(t);
    kit_assert_at_rest(t);
    assert_in_range(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak, r.largest,
                    r.largest + 600);
    reframe_clear(&r);
}

/* --- what stands between records of data ------------------------------------------------------ */

static void test_ticket_before_and_between_data_is_passed_over(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 32},   {SIM_TLS_TICKET, 900}, {SIM_TLS_SEND, 1},     {SIM_TLS_TICKET, 900},
        {SIM_TLS_SEND, 4000},   {SIM_TLS_TICKET, 1},   {SIM_TLS_TICKET, 1},   {SIM_TLS_TICKET, 700},
        {SIM_TLS_SEND, 16000},  {SIM_TLS_TICKET, 900}, {SIM_TLS_SEND, 10},    {SIM_TLS_TICKET, 32},
        {SIM_TLS_EXPECT, 4000}, {SIM_TLS_TICKET, 64},  {SIM_TLS_SEND, 16384}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        if (kit_kinds[i].version == 13) {
            kit_use(t, &kit_kinds[i]);
            t->server.script = script;
            t->server.out_len = 16384;
            kit_open(t);
            sim_receive(t, 0, 1 + 4000 + 16000 + 10);
            kit_assert_at_rest(t);
            sim_send(t, 4000);
            sim_receive(t, 1 + 4000 + 16000 + 10, 16384);
            kit_assert_at_rest(t);
            kit_renew(t, NULL);
        }
    }
}

static void test_ticket_over_many_records_is_passed_over(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_TICKET, 900}, {SIM_TLS_SEND, 4000},
                                                 {SIM_TLS_TICKET, 500}, {SIM_TLS_TICKET, 9},
                                                 {SIM_TLS_SEND, 4000},  {SIM_TLS_END, 0}};
    static const size_t wires[] = {0, 1, 3};
    struct sim_case *t = *state;
    struct reframe r = {.first = 4, .piece = 30};

    for (size_t i = 0; i < COUNT(wires); i++) {
        kit_use(t, &kit_kinds[0]);
        reframe_attach(&r, &t->server);
        t->server.script = script;
        t->cfg.non_block = i > 0;
        kit_open_async(t);
        sim_wire(0, wires[i], 0, 0);
        assert_true(read_nonblocking(t, 8000) >= (i > 0 ? 1 : 0));
        kit_assert_at_rest(t);
        kit_renew(t, NULL);
    }
    reframe_clear(&r);
}

static void test_ticket_without_data_leaves_nothing(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_TICKET, 900}, {SIM_TLS_TICKET, 900}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char buf[8];

    t->server.version = 13;
    t->server.script = script;
    t->cfg.non_block = true;
    kit_open(t);
    (void)sim_wait(t->tls);
    assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), ESP_TLS_ERR_SSL_WANT_READ);
    kit_assert_at_rest(t);
}

static void test_warning_between_data_is_passed_over(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 500},  {SIM_TLS_ALERT, SIM_WARNING(MBEDTLS_SSL_ALERT_MSG_USER_CANCELED)},
        {SIM_TLS_SEND, 9000}, {SIM_TLS_ALERT, SIM_WARNING(MBEDTLS_SSL_ALERT_MSG_USER_CANCELED)},
        {SIM_TLS_SEND, 1},    {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        t->server.script = script;
        t->server.out_len = 16384;
        kit_open(t);
        sim_receive(t, 0, 9501);
        kit_assert_at_rest(t);
        kit_renew(t, NULL);
    }
}

static void test_alert_that_ends_it_is_told(void **state)
{
    static const struct sim_tls_step fatal[] = {
        {SIM_TLS_SEND, 5000},
        {SIM_TLS_ALERT, SIM_FATAL(MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR)},
        {SIM_TLS_END, 0}};
    static const struct sim_tls_step orderly[] = {
        {SIM_TLS_SEND, 5000}, {SIM_TLS_CLOSE_NOTIFY, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char buf[8];

    for (size_t i = 0; i < 4; i++) {
        kit_use(t, &kit_kinds[i]);
        t->server.script = fatal;
        kit_open(t);
        sim_receive(t, 0, 5000);
        assert_true(esp_tls_conn_read(t->tls, buf, sizeof(buf)) < 0);
        assert_int_equal(sim_record(t).alert_received, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
        kit_assert_bound();
        kit_renew(t, NULL);
        t->server.script = orderly;
        kit_open(t);
        sim_receive(t, 0, 5000);
        assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 0);
        assert_int_equal(esp_tls_conn_read(t->tls, buf, sizeof(buf)), 0);
        kit_assert_bound();
        kit_renew(t, NULL);
    }
}

/** A script that outlives a test that fails. */
static const struct sim_tls_step *play(const struct sim_tls_step *steps, size_t count)
{
    static struct sim_tls_step script[16];

    assert_true(count <= COUNT(script));
    memcpy(script, steps, count * sizeof(steps[0]));
    return script;
}

/** RFC 5246 section 6.2.1, RFC 8446 section 5.4: data of no length, as cover. One to three in a
 *  row; from the fourth on Mbed TLS takes it for an attack. */
static void test_empty_records_are_passed_over(void **state)
{
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        for (size_t n = 1; n <= 3; n++) {
            const struct sim_tls_step script[] = {{SIM_TLS_EMPTY, n}, {SIM_TLS_SEND, 100},
                                                  {SIM_TLS_EMPTY, n}, {SIM_TLS_SEND, 3000},
                                                  {SIM_TLS_EMPTY, n}, {SIM_TLS_CLOSE_NOTIFY, 0},
                                                  {SIM_TLS_END, 0}};
            unsigned char byte;

            kit_use(t, &kit_kinds[i]);
            t->server.script = play(script, COUNT(script));
            t->cfg.non_block = true;
            kit_open(t);
            (void)read_nonblocking(t, 3100);
            kit_assert_at_rest(t);
            assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), 0);
            kit_renew(t, NULL);
        }
    }
}

static void test_change_cipher_spec_in_tls13_is_passed_over(void **state)
{
    struct sim_case *t = *state;
    struct reframe r = {.ccs = 0};

    for (unsigned ccs = 1; ccs <= 3; ccs++) {
        for (size_t i = 0; i < 3; i += 2) {
            kit_use(t, &kit_kinds[i]);
            reframe_attach(&r, &t->server);
            r.ccs = ccs;
            kit_open(t);
            kit_echo(t, 100);
            kit_renew(t, NULL);
        }
    }
    reframe_clear(&r);
}

static void test_padding_of_tls13_is_taken_off(void **state)
{
    static const size_t paddings[] = {1, 15, 16, 17, 255, 4000, 15000};
    struct sim_case *t = *state;
    struct reframe r = {.padding = 0};

    for (size_t i = 0; i < COUNT(paddings); i++) {
        kit_use(t, &kit_kinds[2]);
        reframe_attach(&r, &t->server);
        r.padding = paddings[i];
        kit_open(t);
        kit_echo(t, 1000);
        assert_true(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak > paddings[i]);
        kit_renew(t, NULL);
    }
    reframe_clear(&r);
}

/* --- large ones ------------------------------------------------------------------------------- */

static void test_records_of_16_kb_are_read(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100000}, {SIM_TLS_EXPECT, 40000}, {SIM_TLS_SEND, 16384}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        t->server.script = play(script, COUNT(script));
        t->server.out_len = 16384;
        kit_open(t);
        sim_receive(t, 0, 100000);
        kit_assert_at_rest(t);
        assert_in_range(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak, 16384, 16384 + 64);
        sim_send(t, 40000);
        kit_assert_at_rest(t);
        sim_receive(t, 100000, 16384);
        assert_false(t->server.received_wrong);
        kit_renew(t, NULL);
    }
}

static void test_record_in_flight_has_exactly_its_size(void **state)
{
    static const size_t sizes[] = {1, 16, 100, 1000, 4000, 16000};
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        for (size_t s = 0; s < COUNT(sizes); s++) {
            const struct sim_tls_step script[] = {{SIM_TLS_SEND, sizes[s]}, {SIM_TLS_END, 0}};
            unsigned char byte;

            kit_use(t, &kit_kinds[i]);
            t->server.script = play(script, COUNT(script));
            t->server.out_len = 16384;
            kit_open(t);
            assert_int_equal(esp_tls_conn_read(t->tls, &byte, 1), 1);
            if (sizes[s] > 1) { /* counter, header, data, nonce and tag, padding to 16 */
                assert_in_range(kit_record_live(t), sizes[s] + 13 + 16, sizes[s] + 13 + 24 + 16);
                assert_int_equal(esp_tls_get_bytes_avail(t->tls), sizes[s] - 1);
            }
            sim_receive(t, 1, sizes[s] - 1);
            kit_assert_at_rest(t);
            kit_renew(t, NULL);
        }
    }
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_record_at_the_limit_is_read_and_above_refused(void **state)
{
    static const uint16_t limits[] = {512, 1000, 1024, 2048, 4096, 8192, 16000};
    struct sim_case *t = *state;
    struct reframe r = {.first = 400, .piece = 400};

    for (size_t i = 0; i < COUNT(limits); i++) {
        const size_t over = limits[i] + 200u;
        const struct sim_tls_step script[] = {
            {SIM_TLS_SEND, limits[i]}, {SIM_TLS_EXPECT, 1}, {SIM_TLS_SEND, over}, {SIM_TLS_END, 0}};
        const esp_tls_memory_cfg_t memory = {.in_content_len = limits[i]};
        unsigned char byte;
        unsigned count;

        kit_use(t, &kit_kinds[0]);
        kit_renew(t, &memory);
        reframe_attach(&r, &t->server);
        t->server.script = play(script, COUNT(script));
        t->server.out_len = 16384;
        kit_open(t);
        sim_receive(t, 0, limits[i]);
        sim_send(t, 1);
        count = kit_stats(t).count;
        assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
        assert_failed(t, ESP_TLS_PHASE_OPEN, ESP_TLS_CAUSE_STACK, ESP_ERR_MBEDTLS_SSL_READ_FAILED,
                      "stack=0x7200 record");
        assert_in_range(sim_record(t).record_len, over, over + 256);
        assert_int_equal(sim_record(t).record_limit, limits[i]);
        /* It is refused before anything is allocated for it: the one block is the evidence of the
         * failure. */
        assert_int_equal(kit_stats(t).count, count + 1);
        kit_assert_bound();
    }
    kit_renew(t, NULL);
    reframe_clear(&r);
}

static void test_handshake_record_above_the_limit_is_refused(void **state)
{
    const esp_tls_memory_cfg_t memory = {.in_content_len = 512};
    struct sim_case *t = *state;

    for (size_t i = 0; i < 2; i++) {
        kit_use(t, &kit_kinds[i]);
        kit_renew(t, &memory);
        assert_int_equal(sim_connect(t), -1);
        assert_failed(t, ESP_TLS_PHASE_HANDSHAKE, ESP_TLS_CAUSE_STACK,
                      ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, "stack=0x7200 record");
        assert_in_range(sim_record(t).record_len, 512, 16384);
        assert_int_equal(sim_record(t).record_limit, 512);
        kit_assert_bound();
    }
}

/** A limit in the configuration, fragments from the peer: a chain longer than the limit passes. */
static void test_chain_above_the_limit_in_small_records_opens(void **state)
{
    const esp_tls_memory_cfg_t memory = {.in_content_len = 512};
    struct sim_case *t = *state;
    struct reframe r = {.first = 500, .piece = 500};

    for (size_t i = 0; i < KIT_KINDS; i++) {
        kit_use(t, &kit_kinds[i]);
        reframe_attach(&r, &t->server);
        kit_renew(t, &memory);
        kit_open(t);
        kit_echo(t, 400);
    }
    kit_renew(t, NULL);
    reframe_clear(&r);
}

/* --- no record at all ------------------------------------------------------------------------- */

static void banner_peer(struct sim_peer *peer, void *banner)
{
    bool *sent = sim_peer_state(peer, sizeof(*sent));

    if (!*sent) {
        *sent = true;
        (void)sim_peer_write(peer, banner, strlen(banner));
    }
}

static void test_other_protocols_are_refused_without_memory(void **state)
{
    static const char *const banners[] = {
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
        "220 mail.example ESMTP\r\n",
        "+OK POP3 ready\r\n",
        "* OK IMAP4rev1\r\n",
        "RFB 003.008\n",
        "\x16\x03",                 /* too short, but so far a record */
        "\x14\x02\x01\x40\x40xxxx", /* another major version */
        "\x18\x03\x03\x40\x40xxxx", /* heartbeat: a type that is none here */
        "\x80\x2e\x01\x03\x03xxxx", /* SSL 2 */
        "\x16\x03\x03\xff\xffxxxx", /* longer than any */
    };
    static const size_t pieces[] = {0, 1, 3};
    struct sim_case *t = *state;

    t->cfg.timeout_ms = 500;
    for (size_t i = 0; i < COUNT(banners); i++) {
        for (size_t p = 0; p < COUNT(pieces); p++) {
            sim_host("127.0.0.1", 443, SIM_ACCEPT, 0, banner_peer, (void *)(uintptr_t)banners[i]);
            sim_wire(0, pieces[p], 0, 0);
            assert_int_equal(sim_connect(t), -1);
            assert_failed(t, ESP_TLS_PHASE_HANDSHAKE,
                          strlen(banners[i]) < 5 ? ESP_TLS_CAUSE_TIMEOUT : ESP_TLS_CAUSE_STACK,
                          strlen(banners[i]) < 5 ? ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT
                                                 : ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
                          strlen(banners[i]) < 5    ? ""
                          : i + 1 == COUNT(banners) ? "stack=0x7200 record"
                                                    : "stack=0x7200");
            assert_int_equal(kit_stats(t).by_purpose[ESP_TLS_MEM_RECORD_IN].peak, 0);
            kit_renew(t, NULL);
        }
    }
}

/* --- what Mbed TLS 3.6 cannot ----------------------------------------------------------------- */

static void test_key_update_is_refused_by_name(void **state)
{
    static const struct sim_tls_step script[] = {
        {SIM_TLS_SEND, 100}, {SIM_TLS_KEY_UPDATE, 0}, {SIM_TLS_END, 0}};
    struct sim_case *t = *state;
    unsigned char byte;

    t->server.version = 13;
    t->server.script = play(script, COUNT(script));
    kit_open(t);
    sim_receive(t, 0, 100);
    assert_true(esp_tls_conn_read(t->tls, &byte, 1) < 0);
    assert_string_equal(sim_record(t).option, "KeyUpdate");
    kit_assert_bound();
}

static void test_renegotiation_is_declined_and_data_goes_on(void **state)
{
    static const struct sim_tls_step script[] = {{SIM_TLS_SEND, 100},   {SIM_TLS_HELLO_REQUEST, 0},
                                                 {SIM_TLS_SEND, 4000},  {SIM_TLS_HELLO_REQUEST, 0},
                                                 {SIM_TLS_EXPECT, 100}, {SIM_TLS_SEND, 100},
                                                 {SIM_TLS_END, 0}};
    struct sim_case *t = *state;

    t->server.version = 12;
    t->server.script = play(script, COUNT(script));
    kit_open(t);
    sim_receive(t, 0, 4100);
    kit_assert_at_rest(t);
    sim_send(t, 100);
    sim_receive(t, 4100, 100);
    kit_assert_at_rest(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_handshake_in_single_bytes_opens),
        sim_test(test_handshake_in_random_pieces_opens),
        sim_test(test_header_split_at_every_byte_is_read),
        sim_test(test_would_block_at_any_io_is_survived),
        sim_test(test_would_block_at_any_io_async_is_survived),
        sim_test(test_short_io_anywhere_is_survived),
        sim_test(test_message_over_many_records_is_gathered),
        sim_test(test_message_over_many_records_in_single_bytes_is_gathered),
        sim_test(test_message_header_over_two_records_is_refused),
        sim_test(test_message_without_end_is_refused),
        sim_test(test_flight_in_one_record_is_taken_apart),
        sim_test(test_flight_cut_anywhere_is_taken_apart),
        sim_test(test_flight_is_let_go_of_as_it_is_read),
        sim_test(test_ticket_before_and_between_data_is_passed_over),
        sim_test(test_ticket_over_many_records_is_passed_over),
        sim_test(test_ticket_without_data_leaves_nothing),
        sim_test(test_warning_between_data_is_passed_over),
        sim_test(test_alert_that_ends_it_is_told),
        sim_test(test_empty_records_are_passed_over),
        sim_test(test_change_cipher_spec_in_tls13_is_passed_over),
        sim_test(test_padding_of_tls13_is_taken_off),
        sim_test(test_records_of_16_kb_are_read),
        sim_test(test_record_in_flight_has_exactly_its_size),
        sim_test(test_record_at_the_limit_is_read_and_above_refused),
        sim_test(test_handshake_record_above_the_limit_is_refused),
        sim_test(test_chain_above_the_limit_in_small_records_opens),
        sim_test(test_other_protocols_are_refused_without_memory),
        sim_test(test_key_update_is_refused_by_name),
        sim_test(test_renegotiation_is_declined_and_data_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build has fixed buffers only */
}

#endif
