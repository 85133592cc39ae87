/* The chain that a browser sees: a headless Chromium of our own is started, visits the server, and
 * is asked over DevTools. Its certificate errors are passed over, there only, so that they do not
 * hide the chain; nothing of what it says is trusted for anything. */
#define _GNU_SOURCE /* nftw */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "devtools.h"
#include "probe/dial.h"

#define LEAST_MS 30000 /* a browser takes its time to start */

struct chromium {
    pid_t pid;
    char profile[80];
    uint16_t port;
    char path[200]; /* of its DevTools */
    struct devtools tools;
    int64_t until_us;
};

/* --- the process ------------------------------------------------------------------------------ */

static void nap(void)
{
    struct timespec ms20 = {.tv_nsec = 20000000};

    (void)nanosleep(&ms20, NULL);
}

static void run_browser(const struct chromium *c, const char *rules)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    static const char *const always[] = {
        "--headless",
        "--remote-debugging-port=0",
        "--no-first-run",
        "--disable-gpu",
        "--no-default-browser-check",
        "--disable-extensions",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-breakpad",
        "--ignore-certificate-errors",
    };
    char profile[120];
    char map[700];
    char *args[24];
    size_t n = 1;
    int null = open("/dev/null", O_RDWR);

    (void)setpgid(0, 0);
    (void)setenv("TMPDIR", c->profile, 1); /* what it leaves goes with the profile */
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    snprintf(profile, sizeof(profile), "--user-data-dir=%s", c->profile);
    snprintf(map, sizeof(map), "--host-resolver-rules=%s", rules);
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        args[n++] = (char *)always[i];
    }
    args[n++] = profile;
    if (geteuid() == 0) { /* its sandbox refuses to start as root */
        args[n++] = (char *)"--no-sandbox";
    }
    if (rules[0] != '\0') {
        args[n++] = map;
    }
    args[n++] = (char *)"about:blank";
    args[n] = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        args[0] = strdup(names[i]);
        (void)execvp(names[i], args);
    }
    _exit(127);
}

/** The port that the kernel chose stands in a file of the profile: a line with it, a line with the
 *  path. */
static bool read_port(struct chromium *c)
{
    char name[120];
    char line[16] = "";
    FILE *file;
    bool ok;

    snprintf(name, sizeof(name), "%s/DevToolsActivePort", c->profile);
    file = fopen(name, "r");
    if (file == NULL) {
        return false;
    }
    ok = fgets(line, sizeof(line), file) != NULL && fgets(c->path, sizeof(c->path), file) != NULL &&
         c->path[0] == '/';
    (void)fclose(file);
    c->path[strcspn(c->path, "\r\n")] = '\0';
    c->port = (uint16_t)strtoul(line, NULL, 10);
    return ok && c->port != 0;
}

static bool start(struct chromium *c, const char *rules, char *why, size_t cap)
{
    const char *folder = getenv("TMPDIR");
    int status;

    snprintf(c->profile, sizeof(c->profile), "%s/esp-tls-chromium-XXXXXX",
             folder != NULL && strlen(folder) < 40 ? folder : "/tmp");
    if (mkdtemp(c->profile) == NULL) {
        c->profile[0] = '\0';
        snprintf(why, cap, "no directory for a profile can be made: %s", strerror(errno));
        return false;
    }
    c->pid = fork();
    if (c->pid == 0) {
        run_browser(c, rules);
    }
    while (c->pid > 0 && dial_now_us() < c->until_us) {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            c->pid = 0;
            snprintf(why, cap, "%s",
                     WIFEXITED(status) && WEXITSTATUS(status) == 127
                         ? "there is no Chromium: install the package chromium"
                         : "Chromium ended at once");
            return false;
        }
        if (read_port(c)) {
            return true;
        }
        nap();
    }
    snprintf(why, cap, "Chromium did not start in time");
    return false;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool is_over(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) == pid;
}

static void stop_chromium(struct chromium *c)
{
    if (c->pid > 0) {
        bool over = false;

        (void)kill(-c->pid, SIGTERM);
        for (int i = 0; i < 100 && !over; i++) {
            over = is_over(c->pid);
            if (!over) {
                nap();
            }
        }
        (void)kill(-c->pid, SIGKILL); /* what is left of the group */
        if (!over) {
            (void)waitpid(c->pid, NULL, 0);
        }
    }
    for (int i = 0; i < 50 && c->profile[0] != '\0'; i++) { /* the last of them may still write */
        if (nftw(c->profile, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) {
            break;
        }
        nap();
    }
}

/* --- the conversation ------------------------------------------------------------------------- */

/** A page of its own. */
static bool open_page(struct devtools *d)
{
    const cJSON *result;
    char params[300];

    if (!devtools_call(d, "Target.createTarget", "{\"url\":\"about:blank\"}", &result)) {
        return false;
    }
    snprintf(params, sizeof(params), "{\"targetId\":\"%.128s\",\"flatten\":true}",
             devtools_text(result, "targetId"));
    if (!devtools_call(d, "Target.attachToTarget", params, &result)) {
        return false;
    }
    snprintf(d->session, sizeof(d->session), "%s", devtools_text(result, "sessionId"));
    return devtools_call(d, "Network.enable", "{}", &result) &&
           devtools_call(d, "Security.setIgnoreCertificateErrors", "{\"ignore\":true}", &result);
}

static bool visit(struct devtools *d, const char *origin)
{
    const cJSON *result;
    char params[400];

    snprintf(params, sizeof(params), "{\"url\":\"%s/\"}", origin);
    if (!devtools_call(d, "Page.navigate", params, &result)) {
        return false;
    }
    if (devtools_text(result, "errorText")[0] != '\0') {
        snprintf(d->why, sizeof(d->why), "it cannot show %s: %.150s", origin,
                 devtools_text(result, "errorText"));
        return false;
    }
    return true;
}

/** One certificate: base64 of its DER. */
static bool take_one(struct certs *theirs, const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    esp_tls_pem_block_t block = {.label = {NULL, 0}};
    unsigned char *der;
    size_t len = 0;
    bool ok;

    if (text == NULL) {
        return false;
    }
    block.body = (esp_tls_bytes_t){(const uint8_t *)text, strlen(text)};
    der = malloc(block.body.len + 1);
    ok = der != NULL && esp_tls_pem_decode(&block, der, block.body.len, &len) == ESP_OK &&
         certs_add(theirs, der, len) != NULL;
    free(der);
    return ok;
}

static bool take_chain(struct devtools *d, const char *origin, struct certs *theirs)
{
    const cJSON *result;
    const cJSON *next;
    char params[400];

    snprintf(params, sizeof(params), "{\"origin\":\"%s\"}", origin);
    if (!devtools_call(d, "Network.getCertificate", params, &result)) {
        return false;
    }
    cJSON_ArrayForEach(next, cJSON_GetObjectItem(result, "tableNames"))
    {
        if (!take_one(theirs, next)) {
            snprintf(d->why, sizeof(d->why), "its answer cannot be read");
            return false;
        }
    }
    if (theirs->count == 0) {
        snprintf(d->why, sizeof(d->why), "it knows no certificate of %s", origin);
    }
    return theirs->count > 0;
}

static bool talk_chromium(struct chromium *c, const char *origin, struct certs *theirs)
{
    struct devtools *d = &c->tools;
    bool ok = devtools_open(d, c->port, c->path, c->until_us) && open_page(d) && visit(d, origin) &&
              take_chain(d, origin, theirs);

    devtools_clear(d);
    return ok;
}

/** Where a name is connected to, when it is not there. */
static void make_rules(const struct chain_options *o, char *rules, size_t cap)
{
    const char *host = connect_options_host(&o->connect, o->target.host);
    uint16_t port = connect_options_port(&o->connect, o->target.port);
    char to[TARGET_AUTHORITY];

    rules[0] = '\0';
    if (o->connect.connect_to != NULL || strcmp(o->target.name, o->target.host) != 0) {
        snprintf(rules, cap, "MAP %s:%u %s", o->target.name, o->target.port,
                 target_authority(host, port, to));
    }
}

/** Nothing that would end a JSON string or a rule. */
static bool is_plain_name(const char *name)
{
    return name[strspn(
               name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")] == '\0';
}

bool chromium_chain(const struct chain_options *o, struct certs *theirs, char *why, size_t cap)
{
    int ms = o->connect.timeout_ms > LEAST_MS ? o->connect.timeout_ms : LEAST_MS;
    struct chromium c = {.until_us = dial_now_us() + (int64_t)ms * 1000};
    char authority[TARGET_AUTHORITY];
    char origin[300];
    char rules[640];
    bool ok = false;

    if (o->target.smtp) {
        snprintf(why, cap, "a browser speaks no SMTP");
        return false;
    }
    if (!is_plain_name(o->target.name)) {
        snprintf(why, cap, "a browser cannot be sent to that name");
        return false;
    }
    snprintf(origin, sizeof(origin), "https://%s",
             target_authority(o->target.name, o->target.port, authority));
    if (o->target.port == 443) {
        origin[strlen(origin) - 4] = '\0';
    }
    make_rules(o, rules, sizeof(rules));
    if (start(&c, rules, why, cap)) {
        ok = talk_chromium(&c, origin, theirs);
        if (!ok) {
            snprintf(why, cap, "Chromium: %s", c.tools.why);
        }
    }
    stop_chromium(&c);
    return ok;
}
