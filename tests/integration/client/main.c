#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = -1; /* the directory's own */

    while (dir != NULL && readdir(dir) != NULL) {
        n++;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return n - 2; /* "." and ".." */
}

static void open_fds(int count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)count + 64) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (int i = 0; i < count; i++) {
        if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
            perror("tls-client: fds");
            exit(2);
        }
    }
}

/** Connections that are given up while their names are looked up. */
static void stall(int count)
{
    const esp_tls_cfg_t cfg = {.is_plain_tcp = true, .non_block = true};
    esp_tls_t **tls = calloc((size_t)count + 1, sizeof(*tls));

    for (int i = 0; tls != NULL && i < count; i++) {
        char host[32];
        int len = snprintf(host, sizeof(host), "n%d.stalls.example", i);

        tls[i] = esp_tls_init();
        (void)esp_tls_conn_new_async(host, len, 443, &cfg, tls[i]);
    }
    if (count > 0) {
        (void)usleep(500000); /* the servers are asked by now */
    }
    for (int i = 0; tls != NULL && i < count; i++) {
        (void)esp_tls_conn_destroy(tls[i]);
    }
    free(tls);
}

/* --- the socket hook
 * --------------------------------------------------------------------------------- */

static esp_err_t on_socket(int sockfd, const char *address, void *arg)
{
    const struct script *s = arg;

    json_open(NULL, '{');
    json_text("address", address);
    json_socket(sockfd);
    json_close('}');
    return s->hook_fails ? ESP_FAIL : ESP_OK;
}

/* --- the script
 * -------------------------------------------------------------------------------------- */

static void fill_store(const struct script *s)
{
    json_open("store", '[');
    for (size_t i = 0; i < s->stores; i++) {
        static char pem[1 << 16];
        FILE *f = fopen(s->store[i], "rb");
        size_t len = f != NULL ? fread(pem, 1, sizeof(pem) - 1, f) : 0;

        if (f != NULL) {
            fclose(f);
        }
        pem[len] = '\0';
        len += pem[0] == '-' || pem[0] == '#'; /* PEM counts its NUL */
        json_int(NULL, esp_tls_set_global_ca_store((const unsigned char *)pem, (unsigned)len));
    }
    json_close(']');
}

static void report_connect(struct run *r)
{
    int fd = -2;
    esp_tls_conn_state_t state = (esp_tls_conn_state_t)-1;

    (void)esp_tls_get_conn_sockfd(r->tls, &fd);
    (void)esp_tls_get_conn_state(r->tls, &state);
    json_int("ret", r->ret);
    json_int("state", state);
    json_int("fd", r->fd >= 0 ? r->fd : fd);
    json_int("took_us", (long long)r->took_us);
    json_int("cpu_us", (long long)r->cpu_us);
    json_int("calls", (long long)r->calls);
    json_int("polls", (long long)r->polls);
    json_int("longest_us", (long long)r->longest_us);
    if (r->cancelled_us != 0) {
        json_int("cancel_latency_us", (long long)(r->ended_us - r->cancelled_us));
    }
    json_record(r->tls);
    json_errors(r->tls);
    json_session(r->tls);
    json_timeline(r->tls);
}

/** One connection from init to destroy. @return false when the script is wrong */
static bool run_once(const struct script *s, bool report)
{
    struct run r = {.s = s, .tls = esp_tls_init(), .fd = -1};
    bool ok = r.tls != NULL;

    if (!ok) {
        return false;
    }
    if (report) {
        json_open("hook", '[');
    }
    if (s->hook && report) {
        (void)esp_tls_set_socket_hook(r.tls, on_socket, (void *)(uintptr_t)s);
    }
    drive_cancel_begin(&r);
    drive_connect(&r);
    if (report) {
        json_close(']');
        report_connect(&r);
        json_open("actions", '[');
        for (size_t i = 0; ok && i < s->actions; i++) {
            ok = action_run(&r, s->action[i]);
        }
        json_close(']');
        json_open("after", '{');
        json_record(r.tls);
        json_errors(r.tls);
        json_close('}');
    }
    drive_cancel_end(&r);
    if (r.fd >= 0) {
        close(r.fd);
    }
    if (report) {
        json_int("destroy", esp_tls_conn_destroy(r.tls));
    } else {
        (void)esp_tls_conn_destroy(r.tls);
    }
    return ok;
}

static bool run_script(struct script *s)
{
    struct stat stdin_before;
    struct stat stdin_after;
    bool has_stdin = fstat(0, &stdin_before) == 0;
    bool ok = true;
    bool same;
    int before;

    json_open(NULL, '{');
    fill_store(s);
    before = count_fds();
    for (int i = 1; ok && i < s->repeat; i++) {
        ok = run_once(s, false);
    }
    ok = ok && run_once(s, true);
    json_int("fds_before", before);
    json_int("fds_after", count_fds());
    if (has_stdin) {
        same = fstat(0, &stdin_after) == 0 && stdin_before.st_ino == stdin_after.st_ino;
        json_bool("stdin_survived", same);
    } else {
        json_text("stdin_survived", NULL);
    }
    if (s->psa_key != NULL) {
        json_bool("psa_key_alive", options_key_is_alive(s));
    }
    json_close('}');
    json_end();
    esp_tls_free_global_ca_store();
    options_drop_key(s);
    return ok;
}

int main(int argc, char **argv)
{
    static struct script s;

    if (!options_parse(&s, argc, argv)) {
        return 2;
    }
    if (s.close_stdin) {
        close(0);
    }
    open_fds(s.fds);
    stall(s.stalled);
    return options_load_key(&s) && run_script(&s) ? 0 : 2;
}
