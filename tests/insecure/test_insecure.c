/* A build that may skip verification: when it does, that it says so, and when it must not. */
#include "sim_test.h"

static void test_without_trust_option_it_connects_and_warns(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = NULL;
    t->cfg.cacert_bytes = 0;
    assert_int_equal(sim_connect(t), 1);
    assert_logged("SKIP_SERVER_CERT_VERIFY");
}

static void test_with_a_trust_option_it_still_verifies(void **state)
{
    struct sim_case *t = *state;

    t->cfg.cacert_buf = cert_root_other_pem;
    t->cfg.cacert_bytes = sizeof(cert_root_other_pem);
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_HANDSHAKE);
}

static void test_with_a_trust_option_the_name_counts(void **state)
{
    struct sim_case *t = *state;

    t->cfg.common_name = "wrong.example";
    assert_int_equal(sim_connect(t), -1);
    assert_int_equal(sim_record(t).phase, ESP_TLS_PHASE_HANDSHAKE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        sim_test(test_without_trust_option_it_connects_and_warns),
        sim_test(test_with_a_trust_option_it_still_verifies),
        sim_test(test_with_a_trust_option_the_name_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
