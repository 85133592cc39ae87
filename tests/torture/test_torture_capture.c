/* Captures while something fails: in reference connections with a capture the n-th allocation, read
 * or write fails, is short, or finds nothing. Whatever becomes of the connection, the file holds,
 * and has the bytes that went over the wire; and the connection ends as it would have without
 * it. */
#include "esp_tls_trace.h"

#include "sim_reference.h"

#include <stdio.h>

#include "pcap_reader.h"

#ifdef CONFIG_ESP_TLS_CAPTURE

struct fault {
    const char *name;
    void (*arm)(unsigned nth);
    unsigned (*count)(void);
};

static void arm_alloc(unsigned nth)
{
    sim_fail_alloc(nth, false);
}

static void arm_error(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_ERROR, ECONNRESET, false);
}

static void arm_eof(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_EOF, 0, true);
}

static void arm_short(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_SHORT, 0, false);
}

static void arm_again(unsigned nth)
{
    sim_fail_io(nth, SIM_FAULT_AGAIN, 0, false);
}

static const struct fault faults[] = {
    {"alloc", arm_alloc, sim_alloc_count}, {"error", arm_error, sim_io_count},
    {"eof", arm_eof, sim_io_count},        {"short", arm_short, sim_io_count},
    {"again", arm_again, sim_io_count},
};

/** One run with a capture. @param count  out: what could have failed */
static struct sim_outcome run(const struct sim_reference *ref, struct pcap *pcap,
                              const struct fault *fault, unsigned nth, unsigned *count)
{
    esp_tls_capture_t capture = {.write = pcap_write, .arg = pcap};
    const esp_tls_trace_t trace = {.capture = &capture};
    struct sim_case t;
    struct sim_outcome o;
    esp_tls_record_t record;
    unsigned before;

    sim_reference_open(ref, &t);
    assert_int_equal(esp_tls_set_trace(t.tls, &trace), ESP_OK);
    before = fault->count();
    fault->arm(nth);
    o = sim_reference_run(ref, &t);
    *count = fault->count() - before;
    fault->arm(0);
    record = sim_record(&t);
    assert_int_equal(sim_case_close(&t), 0);
    assert_int_equal(capture.error, ESP_OK);
    pcap_read(pcap);
    assert_true(pcap->flows <= 1);
    if (pcap->flows == 1) {
        assert_true(pcap->flow[0].len[0] >= record.bytes_out);
        assert_true(pcap->flow[0].len[0] <= record.bytes_out + 64); /* close_notify */
        assert_true(pcap->flow[0].len[1] >= record.bytes_in);
        assert_true(pcap->flow[0].fin[0] || pcap->flow[0].rst[1]);
    }
    return o;
}

static void torture(const struct sim_reference *ref, const struct fault *fault)
{
    unsigned count = 1;
    unsigned step = 1;

    for (unsigned nth = 0; nth <= count; nth += nth == 0 ? 1 : step) {
        struct pcap *pcap = pcap_new();
        struct sim_outcome o = run(ref, pcap, fault, nth, &count);

        if (o.is_corrupt || (nth == 0 && !o.is_done)) {
            fail_msg("%s, %s %u: cause %s", ref->name, fault->name, nth,
                     esp_tls_cause_name(o.r.cause));
        }
        if (nth == 0 && !sim_is_long()) {
            step = count / 9 + 1; /* another n in each case */
        }
        pcap_free(pcap);
    }
}

static void test_capture_holds_whatever_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sim_reference_count; i++) {
        const struct sim_reference *ref = &sim_references[i];

        if (ref->is_rsa || (ref->is_long && !sim_is_long())) {
            continue; /* the same on the wire, and slow */
        }
        for (size_t k = 0; k < COUNT(faults); k++) {
            torture(ref, &faults[k]);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_capture_holds_whatever_fails)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* no captures in this build */
}

#endif
