/* Torture: in each reference connection the n-th allocation, read, write, open, option or random
 * number fails, for every n until none is left to fail. Each run ends in time, in a record that
 * says why, and leaves nothing behind.
 *
 * Without ESP_TLS_LONG=1 some n are taken, others in each case; with it all of them, and pairs
 * of neighbours. A run that failed is had alone, with the numbers of
 * the message:
 *     test_torture "1.3 EC mutual" alloc 85 0 */
#include "sim_reference.h"

#include <stdio.h>
#include <stdlib.h>

struct fault {
    const char *name;
    unsigned points; /* so many, about, in the short run */
    void (*arm)(unsigned nth, unsigned second);
    unsigned (*count)(void);
    /** Judge a run in which the fault struck. @return false: that must not be */
    bool (*judge)(const struct sim_reference *ref, const struct sim_outcome *o);
};

/* --- the faults ------------------------------------------------------------------------------- */

static void arm_alloc(unsigned nth, unsigned second)
{
    if (second != 0) {
        sim_fail_alloc_pair(nth, second);
    } else {
        sim_fail_alloc(nth, false);
    }
}

/** Out of memory is always called that; what only saves memory may fail without a trace. */
static bool judge_alloc(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return o->is_done || (o->r.cause == ESP_TLS_CAUSE_NO_MEM && o->r.esp_code == ESP_ERR_NO_MEM);
}

static void arm_alloc_for_good(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_alloc(nth, true);
}

static void arm_io_error(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_io(nth, SIM_FAULT_ERROR, ECONNRESET, false);
}

static bool judge_io_error(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return !o->is_done && o->r.cause == ESP_TLS_CAUSE_SYSTEM && o->r.os_errno == ECONNRESET;
}

static void arm_io_eof(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_io(nth, SIM_FAULT_EOF, 0, true);
}

static bool judge_io_eof(const struct sim_reference *ref, const struct sim_outcome *o)
{
    return !o->is_done && ((o->r.cause == ESP_TLS_CAUSE_SYSTEM && o->r.os_errno == EPIPE) ||
                           o->r.cause == ESP_TLS_CAUSE_TRUNCATED ||
                           (ref->is_plain && o->r.cause == ESP_TLS_CAUSE_EOF));
}

static void arm_io_short(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_io(nth, SIM_FAULT_SHORT, 0, false);
}

static void arm_io_again(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_io(nth, SIM_FAULT_AGAIN, 0, false);
}

static bool judge_done(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return o->is_done;
}

static void arm_io_never(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_io(nth, SIM_FAULT_AGAIN, 0, true);
}

static bool judge_timeout(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return !o->is_done && o->r.cause == ESP_TLS_CAUSE_TIMEOUT;
}

static void arm_open(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_open(nth, EMFILE);
}

static bool judge_open(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return !o->is_done && o->r.cause == ESP_TLS_CAUSE_SYSTEM && o->r.os_errno == EMFILE;
}

static void arm_option(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_option(nth, ENOPROTOOPT);
}

static bool judge_option(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    return !o->is_done && o->r.cause == ESP_TLS_CAUSE_SYSTEM && o->r.os_errno == ENOPROTOOPT;
}

static unsigned random_runs; /* there is no counter of random numbers: runs that came through */

static void arm_random(unsigned nth, unsigned second)
{
    (void)second;
    sim_fail_random(nth);
}

/** A number that could not be had never leads to a connection without it. */
static bool judge_random(const struct sim_reference *ref, const struct sim_outcome *o)
{
    (void)ref;
    random_runs += o->is_done;
    return o->is_done || (o->r.phase == ESP_TLS_PHASE_HANDSHAKE && o->r.stack_code != 0) ||
           o->r.phase == ESP_TLS_PHASE_CONFIG;
}

static unsigned count_random(void)
{
    return random_runs < 3 ? 10000 : 0; /* three in a row: the last number is behind us */
}

static const struct fault alloc_once = {"alloc", 40, arm_alloc, sim_alloc_count, judge_alloc};
static const struct fault alloc_for_good = {"alloc for good", 20, arm_alloc_for_good,
                                            sim_alloc_count, judge_alloc};
static const struct fault io_faults[] = {
    {"i/o error", 8, arm_io_error, sim_io_count, judge_io_error},
    {"i/o end", 8, arm_io_eof, sim_io_count, judge_io_eof},
    {"i/o short", 8, arm_io_short, sim_io_count, judge_done},
    {"i/o again", 8, arm_io_again, sim_io_count, judge_done},
    {"i/o never again", 8, arm_io_never, sim_io_count, judge_timeout},
};
static const struct fault open_fault = {"open", 20, arm_open, sim_open_count, judge_open};
static const struct fault option_fault = {"option", 20, arm_option, sim_option_count, judge_option};
static const struct fault random_fault = {"random", 20, arm_random, count_random, judge_random};

/* --- what went wrong: all of it, not only the first ------------------------------------------- */

static unsigned bad;

static void complain(const struct sim_reference *ref, const struct fault *fault, unsigned nth,
                     unsigned second, const struct sim_outcome *o, size_t left)
{
    if (++bad > 50) {
        return;
    }
    fprintf(stderr, "\"%s\" \"%s\" %u %u: %s, %d, %s in %s, errno %d, stack -0x%x, %zu left%s\n",
            ref->name, fault->name, nth, second, o->is_done ? "done" : "not done", o->result,
            esp_tls_cause_name(o->r.cause), esp_tls_phase_name(o->r.phase), o->r.os_errno,
            (unsigned)o->r.stack_code, left, o->is_corrupt ? ", DATA IS WRONG" : "");
}

/* --- the runs --------------------------------------------------------------------------------- */

/** @return true when the fault struck, that is, when there may be a later one */
static bool run_one(const struct sim_reference *ref, const struct fault *fault, unsigned nth,
                    unsigned second)
{
    struct sim_case t;
    struct sim_outcome o;
    unsigned before;
    bool has_struck;
    size_t left;

    sim_reference_open(ref, &t);
    before = fault->count == count_random ? 0 : fault->count();
    fault->arm(nth, second);
    o = sim_reference_run(ref, &t);
    has_struck = fault->count() - before >= nth;
    left = sim_case_close(&t);
    if (left != 0 || o.is_corrupt || (has_struck ? !fault->judge(ref, &o) : !o.is_done)) {
        complain(ref, fault, nth, second, &o, left);
    }
    return has_struck;
}

/** How many there are to fail, and a little more. */
static unsigned total_of(const struct sim_reference *ref, const struct fault *fault)
{
    struct sim_case t;
    struct sim_outcome o;
    unsigned before;
    unsigned total;

    if (fault->count == count_random) {
        return 60;
    }
    sim_reference_open(ref, &t);
    before = fault->count();
    o = sim_reference_run(ref, &t);
    total = fault->count() - before;
    if (sim_case_close(&t) != 0 || !o.is_done) {
        complain(ref, fault, 0, 0, &o, 0);
    }
    return total;
}

static unsigned next_of(unsigned nth, unsigned total, unsigned points)
{
    static unsigned wander;
    unsigned stride = total / points;

    if (sim_is_long() || nth < 3 || stride < 2 || nth + 3 > total) {
        return nth + 1;
    }
    wander = (wander * 5 + 3) % 16;
    return nth + 1 + stride * (wander + 8) / 16;
}

/** @return runs that went wrong */
static unsigned torture(const struct fault *fault, bool has_pairs)
{
    bad = 0;
    for (size_t i = 0; i < sim_reference_count; i++) {
        const struct sim_reference *ref = &sim_references[i];
        unsigned total;

        if (ref->is_long && !sim_is_long()) {
            continue;
        }
        total = total_of(ref, fault);
        random_runs = 0;
        for (unsigned nth = 1; run_one(ref, fault, nth, 0);
             nth = next_of(nth, total, fault->points)) {
            if (has_pairs && sim_is_long()) {
                (void)run_one(ref, fault, nth, nth + 1);
            }
        }
    }
    return bad;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    assert_int_equal(torture(&alloc_once, true), 0);
}

static void test_each_allocation_and_all_later_ones_fail(void **state)
{
    (void)state;
    assert_int_equal(torture(&alloc_for_good, false), 0);
}

static void test_each_read_and_write_fails(void **state)
{
    unsigned all = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(io_faults); i++) {
        all += torture(&io_faults[i], false);
    }
    assert_int_equal(all, 0);
}

static void test_each_open_and_option_fails(void **state)
{
    (void)state;
    assert_int_equal(torture(&open_fault, false), 0);
    assert_int_equal(torture(&option_fault, false), 0);
}

static void test_each_random_number_fails(void **state)
{
    (void)state;
    assert_int_equal(torture(&random_fault, false), 0);
}

static int run_alone(char **argv)
{
    const struct fault *all[] = {&alloc_once,   &alloc_for_good, &io_faults[0], &io_faults[1],
                                 &io_faults[2], &io_faults[3],   &io_faults[4], &open_fault,
                                 &option_fault, &random_fault};

    for (size_t i = 0; i < sim_reference_count * COUNT(all); i++) {
        const struct sim_reference *ref = &sim_references[i / COUNT(all)];
        const struct fault *fault = all[i % COUNT(all)];

        if (strcmp(ref->name, argv[1]) == 0 && strcmp(fault->name, argv[2]) == 0) {
            bool has_struck = run_one(ref, fault, (unsigned)strtoul(argv[3], NULL, 10),
                                      (unsigned)strtoul(argv[4], NULL, 10));

            printf("%s\n", bad != 0     ? "wrong"
                           : has_struck ? "as it should be"
                                        : "nothing left to fail");
            return 0;
        }
    }
    fprintf(stderr, "no such case\n");
    return 2;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_each_allocation_and_all_later_ones_fail),
        cmocka_unit_test(test_each_read_and_write_fails),
        cmocka_unit_test(test_each_open_and_option_fails),
        cmocka_unit_test(test_each_random_number_fails),
    };

    return argc == 5 ? run_alone(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
