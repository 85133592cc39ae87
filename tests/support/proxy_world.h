/* What the tests of transports through a proxy share: the proxy at proxy.example = 127.0.0.2, which
 * plays a script and then echoes, the target's name, and a TCP transport. */
#ifndef PROXY_WORLD_H
#define PROXY_WORLD_H

#include "sim_test.h"

#include "esp_transport_async.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "sim_script.h"

#define PROXY      "proxy.example"
#define PROXY_PORT 1080
#define TARGET     "target.example"
#define TIMEOUT    2000 /* of a connect, ms */

struct proxy_world {
    struct sim_case c; /* its server speaks TLS where a script's tail is sim_tls_peer */
    struct sim_script script;
    esp_transport_handle_t tcp;
    esp_transport_handle_t t; /* the tunnel: the test's own */
};

int proxy_setup(void **state);
int proxy_teardown(void **state);

#define proxy_test(fn) cmocka_unit_test_setup_teardown(fn, proxy_setup, proxy_teardown)

/** The same world once more, in the middle of a test. Nothing may be left of the last one. */
void proxy_again(struct proxy_world *w);
void proxy_play(struct proxy_world *w, const struct sim_line *lines, size_t count);

/** What went wrong: the code; what the transport has for errno, and errno itself unless that is
 *  0. */
void assert_error(esp_transport_handle_t t, esp_err_t code, int sys);

/** Connect in steps, none of which takes time. */
int connect_in_steps(esp_transport_handle_t t, const char *host, int port);
/** Write and read back through an echo. */
void echo(esp_transport_handle_t t);
/** TLS over parent, trusting root-ec. */
esp_transport_handle_t trusting(esp_transport_handle_t parent);
/** For sim_after(). */
void cancel_now(void *t);

#endif
