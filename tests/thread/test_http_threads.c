/* A request is cancelled from another thread, in each phase and at any moment; the handle goes on.
 * Over real sockets, for ThreadSanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "esp_http_client_async.h"
#include "esp_log.h"

#define CLIENTS 4
#define ROUNDS  8

static int listener = -1;
static uint16_t port;

/* --- the server: what it does is in the path -------------------------------------------------- */

static bool put(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;
}

static void pause_us(long us)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void drain(int fd)
{
    char dropped[4096];

    while (recv(fd, dropped, sizeof(dropped), 0) > 0) {
    }
}

/** One request; larger ones than the buffer are not read further. @return false: the connection
 *  ends */
static bool serve_request(int fd)
{
    char head[1024] = "";
    ssize_t n = recv(fd, head, sizeof(head) - 1, 0);

    if (n <= 0) {
        return false;
    }
    if (strstr(head, " /ok ") != NULL) {
        return put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    if (strstr(head, " /head ") != NULL) {
        (void)put(fd, "HTTP/1.1 200 OK\r\nX: ");
        drain(fd);
    } else if (strstr(head, " /body ") != NULL) {
        (void)put(fd, "HTTP/1.1 200 OK\r\n\r\n");
        while (put(fd, "x")) {
            pause_us(500);
        }
    } else if (strstr(head, " /upload ") != NULL) {
        pause_us(900000); /* nothing more is read: there is no room */
    } else {
        drain(fd);
    }
    return false;
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;

    while (serve_request(fd)) {
    }
    (void)close(fd);
    return NULL;
}

static void *serve(void *unused)
{
    int fd;

    (void)unused;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0) {
            (void)close(fd);
            continue;
        }
        (void)pthread_detach(thread);
    }
    return NULL;
}

static int start_server(void **state)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(addr);
    pthread_t thread;

    (void)state;
    esp_log_level_set("*", ESP_LOG_NONE);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&addr, len) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&addr, &len) != 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0) {
        return -1;
    }
    (void)pthread_detach(thread);
    port = ntohs(addr.sin_port);
    return 0;
}

/* --- a client, whose requests another thread cancels ------------------------------------------ */

static const char *const paths[] = {"/silent", "/head", "/body", "/upload"};

struct job {
    esp_http_client_handle_t client;
    esp_err_t err;
};

static int endless(void *arg, char *buffer, int len, int64_t offset)
{
    (void)arg;
    (void)offset;
    memset(buffer, 'x', (size_t)len);
    return len;
}

static esp_err_t perform(esp_http_client_handle_t client)
{
    esp_err_t err;

    while ((err = esp_http_client_perform(client)) == ESP_ERR_HTTP_EAGAIN) {
        esp_tls_wait_t wait;

        if (esp_http_client_get_wait(client, &wait) == ESP_OK) {
            (void)esp_tls_wait(&wait, -1);
        }
    }
    return err;
}

static void *perform_job(void *arg)
{
    struct job *job = arg;

    job->err = perform(job->client);
    return NULL;
}

static esp_err_t go_to(esp_http_client_handle_t client, const char *path)
{
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
    if (strcmp(path, "/upload") == 0) {
        (void)esp_http_client_set_method(client, HTTP_METHOD_PUT);
        (void)esp_http_client_set_source(client, endless, -1, NULL);
    } else {
        (void)esp_http_client_set_method(client, HTTP_METHOD_GET);
        (void)esp_http_client_set_source(client, NULL, 0, NULL);
    }
    return esp_http_client_set_url(client, url);
}

/** @return NULL, or what went wrong */
static const char *cancel_one(esp_http_client_handle_t client, const char *path, long after_us)
{
    struct job job = {.client = client};
    pthread_t thread;

    if (go_to(client, path) != ESP_OK || pthread_create(&thread, NULL, perform_job, &job) != 0) {
        return "no thread";
    }
    pause_us(after_us);
    (void)esp_http_client_cancel(client);
    (void)pthread_join(thread, NULL);
    if (job.err != ESP_ERR_NOT_FINISHED) {
        return "it was not cancelled";
    }
    if (go_to(client, "/ok") != ESP_OK || perform(client) != ESP_OK ||
        esp_http_client_get_status_code(client) != 200) {
        return "the handle does not go on";
    }
    return NULL;
}

static void *run_client(void *arg)
{
    const int number = (int)(intptr_t)arg;
    esp_http_client_config_t cfg = {
        .url = "http://127.0.0.1/", .timeout_ms = 20000, .is_async = number % 2 == 1};
    esp_http_client_handle_t client = esp_http_client_init(&cfg);
    const char *failed = client != NULL ? NULL : "no client";

    for (int i = 0; failed == NULL && i < ROUNDS * 4; i++) {
        failed = cancel_one(client, paths[i % 4], (i * 7919L + number * 104729L) % 6000);
    }
    (void)esp_http_client_cleanup(client);
    return (void *)(uintptr_t)failed;
}

static void test_requests_are_cancelled_at_any_moment_and_the_handles_go_on(void **state)
{
    pthread_t threads[CLIENTS];
    struct timespec begin;
    struct timespec end;

    (void)state;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_client, (void *)(intptr_t)i), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        void *failed;

        (void)pthread_join(threads[i], &failed);
        if (failed != NULL) {
            fail_msg("client %d: %s", i, (const char *)failed);
        }
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    assert_in_range(end.tv_sec - begin.tv_sec, 0, 15); /* none waited for its timeout */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_cancelled_at_any_moment_and_the_handles_go_on),
    };

    return cmocka_run_group_tests(tests, start_server, NULL);
}
