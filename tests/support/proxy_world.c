#include "proxy_world.h"

static struct proxy_world world;

static void fill(struct proxy_world *w)
{
    w->tcp = esp_transport_tcp_init();
    assert_non_null(w->tcp);
    sim_name(PROXY, "127.0.0.2", MS(1), 0);
    sim_name(TARGET, "2001:db8::1 192.0.2.7", MS(4), 0);
    sim_host("127.0.0.2", PROXY_PORT, SIM_ACCEPT, MS(5), sim_script_peer, &w->script);
    w->script.tail = sim_echo_peer;
}

static size_t clear(struct proxy_world *w)
{
    if (w->t != NULL) {
        (void)esp_transport_destroy(w->t);
        w->t = NULL;
    }
    (void)esp_transport_destroy(w->tcp);
    return sim_case_close(&w->c);
}

int proxy_setup(void **state)
{
    memset(&world, 0, sizeof(world));
    sim_case_open(&world.c);
    fill(&world);
    *state = &world;
    return 0;
}

int proxy_teardown(void **state)
{
    return clear(*state) == 0 ? 0 : -1;
}

void proxy_again(struct proxy_world *w)
{
    assert_int_equal(clear(w), 0);
    sim_case_open(&w->c);
    fill(w);
    sim_script_rewind(&w->script);
}

void proxy_play(struct proxy_world *w, const struct sim_line *lines, size_t count)
{
    w->script.lines = lines;
    w->script.count = count;
}

void assert_error(esp_transport_handle_t t, esp_err_t code, int sys)
{
    assert_int_equal(esp_transport_get_error_handle(t)->last_error, code);
    assert_true(sys == 0 || errno == sys);
    assert_int_equal(esp_transport_get_errno(t), sys);
}

int connect_in_steps(esp_transport_handle_t t, const char *host, int port)
{
    for (;;) {
        uint64_t before = sim_elapsed_us();
        uint64_t waits = sim_waits();
        int ret = esp_transport_connect_async(t, host, port, TIMEOUT);
        esp_tls_wait_t wait;

        assert_int_equal(sim_elapsed_us(), before);
        assert_int_equal(sim_waits(), waits);
        if (ret != 0) {
            return ret;
        }
        assert_int_equal(esp_transport_get_wait(t, 0, &wait), ESP_OK);
        assert_int_equal(esp_tls_wait(&wait, -1), ESP_OK);
    }
}

void echo(esp_transport_handle_t t)
{
    char buf[8] = "";

    for (int done = 0; done < 5;) {
        int n = esp_transport_write(t, &"hello"[done], 5 - done, 1000);

        assert_true(n > 0);
        done += n;
    }
    for (int done = 0; done < 5;) {
        int n = esp_transport_read(t, buf + done, 5 - done, 1000);

        assert_true(n > 0);
        done += n;
    }
    assert_string_equal(buf, "hello");
}

esp_transport_handle_t trusting(esp_transport_handle_t parent)
{
    esp_transport_handle_t t = esp_transport_ssl_init();

    assert_non_null(t);
    esp_transport_ssl_set_cert_data(t, (const char *)cert_root_ec_pem,
                                    (int)sizeof(cert_root_ec_pem) - 1);
    assert_int_equal(esp_transport_ssl_set_parent(t, parent), ESP_OK);
    return t;
}

void cancel_now(void *t)
{
    assert_int_equal(esp_transport_cancel(t), ESP_OK);
}
