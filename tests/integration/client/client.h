/* tls-client: drives the public API of esp-tls by a script and reports as JSON what came of it.
 *
 *     tls-client KEY=VALUE... [ACTION[:ARGUMENT]...]
 *
 * options.c lists the keys, actions.c the actions. One line of JSON goes to stdout, the log of the
 * library to stderr. The exit code is 0 whenever the script was understood. */
#ifndef CLIENT_H
#define CLIENT_H

#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "esp_tls.h"
#include "esp_tls_async.h"
#include "esp_tls_record.h"

#define MAX_LIST    16
#define ACTIONS_MAX 64

enum mode {
    MODE_SYNC,
    MODE_ASYNC,
    MODE_PLAIN, /* esp_tls_plain_tcp_connect() */
    MODE_ADOPT  /* a socket that the client connected itself */
};

/** The script, as the command line has it. */
struct script {
    enum mode mode;
    const char *host;
    int hostlen; /* -1: all of host */
    int port;
    const char *url;
    bool no_cfg; /* NULL instead of a configuration ... */
    bool no_host;
    bool no_tls;
    int cancel_ms; /* -1: never */
    int every_ms;  /* asynchronous: call at this interval instead of waiting for what it wants */
    int repeat;    /* whole connections, one after the other; the last one is reported */
    int fds;       /* descriptors to open first */
    int stalled;   /* look-ups to begin and give up first, of names that no server knows of */
    bool close_stdin;
    bool hook;
    bool hook_fails;
    const char *store[MAX_LIST]; /* files for the global store, in this order */
    size_t stores;
    const char *psa_key;
    esp_tls_cfg_t cfg;
    tls_keep_alive_cfg_t keep_alive;
    esp_key_config_t key;
    struct ifreq ifr;
    const char *alpn[MAX_LIST + 1];
    int suites[MAX_LIST + 1];
    const char *action[ACTIONS_MAX];
    size_t actions;
};

/** One connection under way. */
struct run {
    const struct script *s;
    esp_tls_t *tls;
    int fd; /* MODE_PLAIN: the socket */
    int ret;
    pthread_t canceller;
    bool cancelling;
    _Atomic uint64_t cancelled_us; /* when the cancel was called; 0: not yet */
    uint64_t calls;                /* of the connect function */
    uint64_t polls;                /* waits in between */
    uint64_t longest_us;           /* longest of the calls */
    uint64_t took_us;
    uint64_t cpu_us;
    uint64_t ended_us;
    uint64_t up;   /* bytes of the pattern written so far */
    uint64_t down; /* and expected so far */
};

/* options.c */
bool options_parse(struct script *s, int argc, char **argv);
bool options_load_key(struct script *s);
bool options_key_is_alive(const struct script *s);
void options_drop_key(const struct script *s);

/* drive.c */
uint64_t now_us(void);
uint64_t cpu_us(void);
void drive_connect(struct run *r);
void drive_cancel_begin(struct run *r);
void drive_cancel_end(struct run *r);
/** Wait for what the handle wants, at most until a time; also for room to write if asked for. */
void drive_wait(struct run *r, uint64_t until_us, bool also_write);

/* actions.c */
bool action_run(struct run *r, const char *action);

/* json.c: writes to stdout; every value is followed by a comma that json_end() takes back */
void json_open(const char *name, char bracket);
void json_close(char bracket);
void json_int(const char *name, long long value);
void json_bool(const char *name, bool value);
void json_text(const char *name, const char *value);
void json_record(const esp_tls_t *tls);
void json_errors(esp_tls_t *tls);
void json_session(const esp_tls_t *tls);
void json_timeline(const esp_tls_t *tls);
void json_socket(int fd);
void json_end(void);

#endif
