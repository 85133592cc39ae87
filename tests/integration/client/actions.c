/* What happens on an open connection. Bytes that are written are those of a fixed pattern, and each
 * action that moves bytes reports their SHA-256.
 *
 *     write:N[:M]  N bytes, in calls of at most M       read:N[:M]  until N bytes, or the end
 *     write1:N     one call                             read1:N     one call
 *     echo:N[:M]   write N bytes while reading N back; they must be the same
 *     send:TEXT    with \r and \n                       sleep:MS
 *     head         read up to an empty line
 *     avail        esp_tls_get_bytes_avail()            wait        esp_tls_get_wait()
 *     socket       options of the socket                storefree   free the global store
 *     connect      once more on the same handle         cancel      from this thread
 *     null         reads and writes with NULL           state */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "psa/crypto.h"

#define CHUNK 16384

/* --- bytes
 * ------------------------------------------------------------------------------------------ */

/** Byte at a place of the pattern: tests make the same in Python. */
static void pattern(uint8_t *buf, size_t len, uint64_t at)
{
    for (size_t i = 0; i < len; i++, at++) {
        buf[i] = (uint8_t)(at * 167 + (at >> 8) * 13 + (at >> 16) * 7);
    }
}

struct transfer {
    const char *name;
    uint64_t want;
    size_t chunk;
    uint64_t done;
    uint64_t calls;
    uint64_t began_us;
    uint64_t cpu;
    long long ret; /* of the last call */
    psa_hash_operation_t hash;
};

static void transfer_begin(struct transfer *t, const char *name, const char *arg)
{
    char *end;

    *t = (struct transfer){.name = name, .chunk = CHUNK, .hash = PSA_HASH_OPERATION_INIT};
    t->want = strtoull(arg, &end, 0);
    if (*end == ':') {
        t->chunk = strtoul(end + 1, NULL, 0);
    }
    t->chunk = t->chunk == 0 || t->chunk > CHUNK * 8u ? CHUNK : t->chunk;
    t->began_us = now_us();
    t->cpu = cpu_us();
    (void)psa_hash_setup(&t->hash, PSA_ALG_SHA_256);
}

static void transfer_add(struct transfer *t, const uint8_t *buf, size_t len)
{
    (void)psa_hash_update(&t->hash, buf, len);
    t->done += len;
}

static size_t transfer_next(const struct transfer *t)
{
    return t->want - t->done < t->chunk ? (size_t)(t->want - t->done) : t->chunk;
}

static void json_hash(struct transfer *t)
{
    uint8_t digest[32];
    char text[65];
    size_t len;

    (void)psa_hash_finish(&t->hash, digest, sizeof(digest), &len);
    for (size_t i = 0; i < sizeof(digest); i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    json_text("sha256", text);
}

static void transfer_end(struct run *r, struct transfer *t)
{
    uint64_t now = now_us();

    json_open(NULL, '{');
    json_text("action", t->name);
    json_int("ret", t->ret);
    json_int("bytes", (long long)t->done);
    json_int("calls", (long long)t->calls);
    json_int("took_us", (long long)(now - t->began_us));
    json_int("cpu_us", (long long)(cpu_us() - t->cpu));
    json_hash(t);
    json_record(r->tls);
    if (r->cancelled_us != 0) {
        json_int("cancel_latency_us", (long long)(now - r->cancelled_us));
    }
    json_close('}');
}

static bool is_waiting(long long ret)
{
    return ret == ESP_TLS_ERR_SSL_WANT_READ || ret == ESP_TLS_ERR_SSL_WANT_WRITE;
}

static uint64_t transfer_deadline(const struct run *r, const struct transfer *t)
{
    return t->began_us + (uint64_t)r->s->cfg.timeout_ms * 1000u;
}

/** After a result that is no progress: is there a point in another call? */
static bool again(struct run *r, const struct transfer *t)
{
    if (!r->s->cfg.non_block || !is_waiting(t->ret)) {
        return false;
    }
    if (now_us() >= transfer_deadline(r, t)) {
        return false;
    }
    drive_wait(r, transfer_deadline(r, t), false);
    return true;
}

static void act_write(struct run *r, const char *arg)
{
    static uint8_t buf[CHUNK * 8];
    struct transfer t;

    transfer_begin(&t, "write", arg);
    while (t.done < t.want) {
        size_t n = transfer_next(&t);

        pattern(buf, n, r->up);
        t.ret = esp_tls_conn_write(r->tls, buf, n);
        t.calls++;
        if (t.ret > 0) {
            transfer_add(&t, buf, (size_t)t.ret);
            r->up += (uint64_t)t.ret;
        } else if (!again(r, &t)) {
            break;
        }
    }
    transfer_end(r, &t);
}

static void act_write1(struct run *r, const char *arg)
{
    struct transfer t;
    uint8_t *buf;

    transfer_begin(&t, "write1", arg);
    buf = malloc(t.want > 0 ? t.want : 1);
    if (buf == NULL) {
        return;
    }
    pattern(buf, t.want, r->up);
    t.ret = esp_tls_conn_write(r->tls, buf, t.want);
    t.calls++;
    if (t.ret > 0) {
        transfer_add(&t, buf, (size_t)t.ret);
        r->up += (uint64_t)t.ret;
    }
    free(buf);
    transfer_end(r, &t);
}

static void act_read(struct run *r, const char *arg)
{
    static uint8_t buf[CHUNK * 8];
    struct transfer t;

    transfer_begin(&t, "read", arg);
    while (t.done < t.want) {
        t.ret = esp_tls_conn_read(r->tls, buf, transfer_next(&t));
        t.calls++;
        if (t.ret > 0) {
            transfer_add(&t, buf, (size_t)t.ret);
        } else if (!again(r, &t)) {
            break;
        }
    }
    transfer_end(r, &t);
}

static void act_read1(struct run *r, const char *arg)
{
    struct transfer t;
    uint8_t *buf;

    transfer_begin(&t, "read1", arg);
    buf = malloc(t.want > 0 ? t.want : 1); /* of just this size: valgrind sees a byte too many */
    if (buf == NULL) {
        return;
    }
    t.ret = esp_tls_conn_read(r->tls, buf, t.want);
    t.calls++;
    if (t.ret > 0) {
        transfer_add(&t, buf, (size_t)t.ret);
    }
    free(buf);
    transfer_end(r, &t);
}

/** One try to write for an echo. @return false when the connection is over */
static bool echo_write(struct run *r, struct transfer *up, uint8_t *buf)
{
    size_t n = transfer_next(up);

    pattern(buf, n, r->up);
    up->ret = n > 0 ? esp_tls_conn_write(r->tls, buf, n) : 0;
    up->calls++;
    if (up->ret > 0) {
        transfer_add(up, buf, (size_t)up->ret);
        r->up += (uint64_t)up->ret;
    }
    return up->ret >= 0 || is_waiting(up->ret);
}

static bool echo_read(struct run *r, struct transfer *down, const struct transfer *up, uint8_t *buf)
{
    static uint8_t want[CHUNK * 8];
    size_t n = transfer_next(down);

    if (!r->s->cfg.non_block && up->done - down->done < n) {
        n = (size_t)(up->done - down->done); /* a blocking read for more would wait in vain */
    }
    down->ret = n > 0 ? esp_tls_conn_read(r->tls, buf, n) : 0;
    down->calls++;
    if (down->ret > 0) {
        pattern(want, (size_t)down->ret, r->down);
        if (memcmp(want, buf, (size_t)down->ret) != 0) {
            down->ret = -99; /* not what was sent */
            return false;
        }
        transfer_add(down, buf, (size_t)down->ret);
        r->down += (uint64_t)down->ret;
    }
    return down->ret > 0 || n == 0 || is_waiting(down->ret);
}

static void act_echo(struct run *r, const char *arg)
{
    static uint8_t buf[CHUNK * 8];
    struct transfer up;
    struct transfer down;
    bool ok = true;

    transfer_begin(&up, "echo-up", arg);
    transfer_begin(&down, "echo", arg);
    while (ok && down.done < down.want && now_us() < transfer_deadline(r, &down)) {
        ok = echo_write(r, &up, buf) && echo_read(r, &down, &up, buf);
        if (ok && r->s->cfg.non_block && up.ret <= 0 && down.ret <= 0) {
            drive_wait(r, transfer_deadline(r, &down), up.done < up.want);
        }
    }
    if (!ok && up.ret < 0 && !is_waiting(up.ret)) {
        down.ret = up.ret;
    }
    transfer_end(r, &down);
}

static void act_send(struct run *r, const char *arg)
{
    char text[1024];
    size_t n = 0;

    for (; *arg != '\0' && n < sizeof(text); arg++) {
        bool escaped = arg[0] == '\\' && (arg[1] == 'r' || arg[1] == 'n');

        arg += escaped;
        text[n++] = escaped ? (*arg == 'r' ? '\r' : '\n') : *arg;
    }
    json_open(NULL, '{');
    json_text("action", "send");
    json_int("ret", esp_tls_conn_write(r->tls, text, n));
    json_record(r->tls);
    json_close('}');
}

static void act_head(struct run *r, const char *arg)
{
    char text[2048] = "";
    size_t n = 0;
    ssize_t ret = 0;

    (void)arg;
    while (n < sizeof(text) - 1 && strstr(text, "\r\n\r\n") == NULL) {
        ret = esp_tls_conn_read(r->tls, text + n, 1);
        if (ret > 0) {
            n++;
        } else if (r->s->cfg.non_block && is_waiting(ret)) {
            drive_wait(r, now_us() + 10000000u, false);
        } else {
            break;
        }
    }
    json_open(NULL, '{');
    json_text("action", "head");
    json_int("ret", ret);
    json_text("text", text);
    json_record(r->tls);
    json_close('}');
}

/* --- the rest
 * --------------------------------------------------------------------------------------- */

static void act_sleep(struct run *r, const char *arg)
{
    int ms = atoi(arg);
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};

    (void)r;
    nanosleep(&t, NULL);
}

static void act_number(const char *action, long long ret)
{
    json_open(NULL, '{');
    json_text("action", action);
    json_int("ret", ret);
    json_close('}');
}

static void act_avail(struct run *r, const char *arg)
{
    (void)arg;
    act_number("avail", esp_tls_get_bytes_avail(r->tls));
}

static void act_wait(struct run *r, const char *arg)
{
    esp_tls_wait_t wait = {.timeout_ms = -99};
    esp_err_t ret = esp_tls_get_wait(r->tls, &wait);

    (void)arg;
    json_open(NULL, '{');
    json_text("action", "wait");
    json_int("ret", ret);
    json_int("count", (long long)wait.count);
    json_int("timeout_ms", wait.timeout_ms);
    json_close('}');
}

static void act_socket(struct run *r, const char *arg)
{
    int fd = r->fd;

    (void)arg;
    if (fd < 0) {
        (void)esp_tls_get_conn_sockfd(r->tls, &fd);
    }
    json_open(NULL, '{');
    json_text("action", "socket");
    json_socket(fd);
    json_close('}');
}

static void act_storefree(struct run *r, const char *arg)
{
    (void)r;
    (void)arg;
    esp_tls_free_global_ca_store();
}

static void act_connect(struct run *r, const char *arg)
{
    (void)arg;
    drive_connect(r);
    json_open(NULL, '{');
    json_text("action", "connect");
    json_int("ret", r->ret);
    json_record(r->tls);
    json_errors(r->tls);
    json_close('}');
}

static void act_cancel(struct run *r, const char *arg)
{
    (void)arg;
    act_number("cancel", esp_tls_conn_cancel(r->tls));
}

static void act_null(struct run *r, const char *arg)
{
    (void)arg;
    act_number("null", esp_tls_conn_read(r->tls, NULL, 1) == -1 &&
                           esp_tls_conn_write(r->tls, NULL, 1) == -1 &&
                           esp_tls_conn_read(NULL, r, 1) == -1 &&
                           esp_tls_conn_write(NULL, r, 1) == -1);
}

static void act_state(struct run *r, const char *arg)
{
    esp_tls_conn_state_t state = (esp_tls_conn_state_t)-1;

    (void)arg;
    (void)esp_tls_get_conn_state(r->tls, &state);
    act_number("state", state);
}

static const struct {
    const char *name;
    void (*run)(struct run *r, const char *arg);
} rows[] = {
    {"write", act_write},   {"write1", act_write1},       {"read", act_read},
    {"read1", act_read1},   {"echo", act_echo},           {"send", act_send},
    {"sleep", act_sleep},   {"avail", act_avail},         {"wait", act_wait},
    {"socket", act_socket}, {"storefree", act_storefree}, {"connect", act_connect},
    {"cancel", act_cancel}, {"null", act_null},           {"state", act_state},
    {"head", act_head},
};

bool action_run(struct run *r, const char *action)
{
    size_t len = strcspn(action, ":");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, action, len) == 0) {
            rows[i].run(r, action[len] == ':' ? action + len + 1 : "");
            return true;
        }
    }
    fprintf(stderr, "tls-client: no such action: %s\n", action);
    return false;
}
