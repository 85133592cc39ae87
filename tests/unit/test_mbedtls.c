/* The TLS handshake over Mbed TLS, against a real server in the simulated network. */
#include "sim_test.h"

static void test_handshake_each_version_opens(void **state)
{
    struct sim_case *t = *state;
    esp_tls_session_info_t info;

    t->server.version = 13;
    assert_int_equal(sim_connect(t), 1);
    assert_int_equal(sim_state(t), ESP_TLS_DONE);
    assert_int_equal(esp_tls_get_session_info(t->tls, &info), ESP_OK);
    assert_string_equal(info.version, "TLSv1.3");
    sim_send(t, 100);
    sim_receive(t, 0, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_handshake_each_version_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
