/* What the tests on the simulated network share: one client, one TLS server, a captured log. */
#ifndef SIM_TEST_H
#define SIM_TEST_H

/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_diagnosis.h"
#include "esp_tls_record.h"
#include "plat_clock.h"
#include "plat_sim.h"
#include "sim_tls_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS(ms)       ((uint64_t)(ms)*1000u)

/** One test's world. `server` answers at test.example = 127.0.0.1 port 443; `cfg` trusts root-ec
 * and has a timeout of 2 s; `tls` is a fresh handle. */
struct sim_case {
    struct sim_tls_server server;
    esp_tls_cfg_t cfg;
    esp_tls_t *tls;
    size_t live_before;
};

int sim_setup(void **state);
/** Destroys the handle; fails the test when a stream, an event, a look-up or a block is left. */
int sim_teardown(void **state);

#define sim_test(fn) cmocka_unit_test_setup_teardown(fn, sim_setup, sim_teardown)

/** For scripted runs without cmocka's state. */
void sim_case_open(struct sim_case *t);
/** @return what is left: streams, events, look-ups and blocks */
size_t sim_case_close(struct sim_case *t);

/** Connect synchronously to test.example. */
int sim_connect(struct sim_case *t);
int sim_connect_to(struct sim_case *t, const char *host, int port);
/** The same step by step, asserting that no step waits or takes time, and waiting in between for
 *  what esp_tls_get_wait() says. */
int sim_connect_async(struct sim_case *t, const char *host, int port);
/** Wait as an application does: for the handle's items and time. @return false: the time was over
 */
bool sim_wait(esp_tls_t *tls);
/** The same, but no longer than until then. */
bool sim_wait_until(esp_tls_t *tls, uint64_t deadline_us);

esp_tls_record_t sim_record(const struct sim_case *t);
esp_tls_conn_state_t sim_state(const struct sim_case *t);
/** Since the test began (the clock starts at 1 s). */
uint64_t sim_elapsed_us(void);

/** What else the record says, a word for each field that is not empty, in this order:
 *      os=EPIPE resolver=EAI_FAIL          errno, EAI_...
 *      stack=0x7780                        the stack's code
 *      flags=0x8@0                         verify flags, and the certificate's depth
 *      sent=70 received=40                 alerts
 *      option=port mem record              an option; memory, a record's length: see the test
 *  Address, port and the counts of bytes are no part of it.
 *  @return static text, until the next call */
const char *sim_record_text(const esp_tls_record_t *record);

/** The whole record: what is not said is not there.
 *  @param ...  as sim_record_text() has it, as a format with its values: "received=%d", alert */
#define assert_failed(t, phase, cause, esp, ...)                                                   \
    sim_assert_failed(t, phase, cause, esp, __FILE__, __LINE__, __VA_ARGS__)
void sim_assert_failed(const struct sim_case *t, esp_tls_phase_t phase, esp_tls_cause_t cause,
                       esp_err_t esp, const char *file, int line, const char *rest, ...);

/** All reasons of the handle's diagnosis, in their order: "NAME_MISMATCH CERT_EXPIRED". */
#define assert_reasons(t, wanted)                                                                  \
    do {                                                                                           \
        esp_tls_diagnosis_t d_;                                                                    \
        assert_int_equal(esp_tls_get_diagnosis((t)->tls, &d_), ESP_OK);                            \
        assert_string_equal(sim_reasons(&d_), wanted);                                             \
    } while (0)
/** @return static text, until the next call */
const char *sim_reasons(const esp_tls_diagnosis_t *diagnosis);

/** Send len bytes of sim_pattern(), or read and check as many, on a handle that blocks. */
void sim_send(struct sim_case *t, size_t len);
void sim_receive(struct sim_case *t, uint64_t from, size_t len);

/** Peers on plain TCP. Echo: sends back what comes. Pattern: sends *(size_t *)arg bytes of
 *  sim_pattern() and closes. Reset: RST at once. */
void sim_echo_peer(struct sim_peer *peer, void *unused);
void sim_pattern_peer(struct sim_peer *peer, void *len);
void sim_reset_peer(struct sim_peer *peer, void *unused);

/** What was logged since the test began. */
const char *sim_log(void);
#define assert_logged(text)     assert_non_null(strstr(sim_log(), text))
#define assert_not_logged(text) assert_null(strstr(sim_log(), text))

#endif
