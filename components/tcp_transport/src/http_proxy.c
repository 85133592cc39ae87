/* HTTP CONNECT: a request and its answer, and again when the proxy asks who we are; then the
 * parent's stream is the tunnel. What was read beyond the answer is the tunnel's first bytes. */
#include "esp_transport_http_proxy.h"

#include <string.h>

#include "esp_http_auth.h"
#include "esp_http_field.h"
#include "esp_http_response.h"
#include "layer.h"
#include "plat_clock.h"
#include "plat_errno.h"
#include "plat_heap.h"
#include "plat_net.h"
#include "proxy.h"
#include "transport.h"

#define FIELD_MAX 1024  /* of the answer: a name and its value */
#define IN_LEN    256   /* read at once, at most */
#define BODY_MAX  16384 /* of a 407; a longer one costs more than another connection */

/** Only while it connects. */
struct talk {
    esp_http_response_t *response;
    esp_http_auth_t *auth; /* NULL: no challenge came */
    char *out;             /* the request, secrets in it; NULL: sent */
    size_t out_len;
    size_t sent;
    size_t body;       /* bytes of it so far */
    unsigned said;     /* ESP_HTTP_AUTH_... of the last request; 0: it did not say who we are */
    bool was_stale;    /* a nonce was too old, once */
    bool has_begun;    /* a byte of the answer came */
    bool is_challenge; /* the answer is a 407, and will be answered */
    bool is_reused;    /* the connection has carried another request */
    char authority[LAYER_AUTHORITY_MAX];
};

enum phase {
    CLOSED,
    PARENT, /* the parent connects */
    SEND,
    RECEIVE,
    OPEN
};

#define NEXT 2 /* the step is done, and the next can be made at once */

struct http_proxy {
    struct proxy proxy;
    char *user_agent; /* NULL: none */
    bool preemptive_basic;
    bool digest_only;
    uint8_t phase;
    int status;
    char *in; /* IN_LEN bytes; NULL when it is open and they were read */
    size_t in_at;
    size_t in_len;
    struct talk *talk;
};

/* --- the request ------------------------------------------------------------------------------ */

static size_t append(char *out, size_t at, const char *text)
{
    size_t len = strlen(text);

    memcpy(out + at, text, len);
    return at + len;
}

/** @param login  value of Proxy-Authorization; NULL: none */
static esp_err_t compose_request(const struct http_proxy *c, const char *login)
{
    struct talk *talk = c->talk;
    const char *const agent = c->user_agent;
    const char *const parts[] = {
        "CONNECT ",
        talk->authority,
        " HTTP/1.1\r\nHost: ",
        talk->authority,
        agent != NULL ? "\r\nUser-Agent: " : "",
        agent != NULL ? agent : "",
        login != NULL ? "\r\nProxy-Authorization: " : "",
        login != NULL ? login : "",
        "\r\n\r\n",
    };
    const size_t count = sizeof(parts) / sizeof(parts[0]);
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += strlen(parts[i]);
    }
    talk->out = plat_alloc(NULL, PLAT_MEM_CONNECTION, len);
    if (talk->out == NULL) {
        return ESP_ERR_NO_MEM;
    }
    talk->out_len = 0;
    for (size_t i = 0; i < count; i++) {
        talk->out_len = append(talk->out, talk->out_len, parts[i]);
    }
    return ESP_OK;
}

/** Who we are, if it was asked for. @param value  NULL: we do not say */
static esp_err_t authorize(const struct http_proxy *c, char **value)
{
    const struct proxy *p = &c->proxy;
    struct talk *talk = c->talk;

    *value = NULL;
    if (talk->auth != NULL && esp_http_auth_scheme(talk->auth) != 0) {
        talk->said = esp_http_auth_scheme(talk->auth);
        return esp_http_auth_authorize(talk->auth, p->user, p->password, "CONNECT", talk->authority,
                                       value);
    }
    if (c->preemptive_basic && p->user != NULL) {
        talk->said = ESP_HTTP_AUTH_BASIC;
        return esp_http_auth_basic(p->user, p->password, value);
    }
    return ESP_OK;
}

static void drop_request(struct talk *talk)
{
    plat_free_secret(talk->out);
    talk->out = NULL;
    talk->sent = 0;
}

static int begin_request(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;
    struct talk *talk = c->talk;
    char *value;
    esp_err_t err;

    err = authorize(c, &value);
    if (err == ESP_OK) {
        err = compose_request(c, value);
    }
    esp_http_auth_free_value(value);
    if (err != ESP_OK) {
        return et_transport_fail(t, err, 0);
    }
    esp_http_response_begin(talk->response, ESP_HTTP_REQUEST_CONNECT);
    talk->has_begun = false;
    talk->is_challenge = false;
    talk->body = 0;
    c->phase = SEND;
    return NEXT;
}

/* --- the answer ------------------------------------------------------------------------------- */

static esp_http_response_go_t on_status(void *arg, int status)
{
    struct http_proxy *c = arg;

    c->status = status;
    if (status == 407 && c->talk->auth != NULL) {
        esp_http_auth_clear(c->talk->auth); /* it was for the last request */
    }
    return ESP_HTTP_RESPONSE_GO;
}

/** Keep a challenge. Only running out of memory stops the answer. */
static esp_http_response_go_t on_header(void *arg, const char *name, const char *value)
{
    const struct http_proxy *c = arg;
    struct talk *talk = c->talk;

    if (c->status != 407 || c->proxy.user == NULL ||
        !esp_http_name_equals(name, "Proxy-Authenticate")) {
        return ESP_HTTP_RESPONSE_GO;
    }
    if (talk->auth == NULL) {
        talk->auth = esp_http_auth_new(c->digest_only ? ESP_HTTP_AUTH_DIGEST
                                                      : ESP_HTTP_AUTH_DIGEST | ESP_HTTP_AUTH_BASIC);
    }
    if (talk->auth == NULL || esp_http_auth_challenge(talk->auth, value) == ESP_ERR_NO_MEM) {
        return ESP_HTTP_RESPONSE_STOP;
    }
    return ESP_HTTP_RESPONSE_GO;
}

static const esp_http_response_handler_t handler = {.on_status = on_status, .on_header = on_header};

/** May this challenge be answered, after what was said already? A better scheme may be tried, a
 *  worse one not, and a stale nonce is no refusal (RFC 7616 section 3.3). */
static bool is_answerable(struct talk *talk)
{
    unsigned asked = talk->auth != NULL ? esp_http_auth_scheme(talk->auth) : 0;

    if (asked == 0) {
        return false;
    }
    if (talk->said == 0 || (talk->said == ESP_HTTP_AUTH_BASIC && asked == ESP_HTTP_AUTH_DIGEST)) {
        return true;
    }
    if (asked != ESP_HTTP_AUTH_DIGEST || talk->was_stale || !esp_http_auth_is_stale(talk->auth)) {
        return false;
    }
    talk->was_stale = true;
    return true;
}

/** The head is there. @return 1 the tunnel is open; 0 it is a challenge to be answered; -1
 *  failed */
static int judge(esp_transport_handle_t t)
{
    static const struct {
        int status;
        esp_err_t code;
    } rows[] = {
        {403, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {404, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_NOT_FOUND},
        {405, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {451, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED},
        {502, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
        {503, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
        {504, ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE},
    };
    const struct http_proxy *c = t->data;

    if (c->status / 100 == 2) {
        return 1;
    }
    if (c->status == 407) {
        if (is_answerable(c->talk)) {
            return 0;
        }
        return et_transport_fail(t,
                                 c->talk->said == 0 ? ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED
                                                    : ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED,
                                 0);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == c->status) {
            return et_transport_fail(t, rows[i].code, 0);
        }
    }
    return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_FAILED, 0);
}

static int reconnect(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;

    et_transport_parent_drop(t);
    c->in_at = 0;
    c->in_len = 0;
    c->talk->is_reused = false;
    c->phase = PARENT;
    return NEXT;
}

/** The connection has failed, or ended. That is no failure where it had done its work, or where the
 *  proxy may have ended it before our request came (RFC 9112 section 9.3.1). */
static int lost(esp_transport_handle_t t)
{
    const struct talk *talk = ((struct http_proxy *)t->data)->talk;

    if (talk->is_challenge || (talk->is_reused && !talk->has_begun)) {
        return reconnect(t);
    }
    return et_transport_fail_as_parent(t);
}

/** The body of a 407: read and dropped if that leaves a connection to go on with. */
static int pass_body(esp_transport_handle_t t, esp_http_response_result_t result)
{
    struct http_proxy *c = t->data;
    struct talk *talk = c->talk;

    if (!esp_http_response_keeps_alive(talk->response)) {
        return reconnect(t);
    }
    if (result == ESP_HTTP_RESPONSE_MORE && talk->body <= BODY_MAX) {
        return NEXT;
    }
    if (result != ESP_HTTP_RESPONSE_COMPLETE || c->in_at < c->in_len) {
        return reconnect(t);
    }
    talk->is_reused = true;
    return begin_request(t);
}

/** Take what was read. */
static int take_answer(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;
    struct talk *talk = c->talk;
    esp_http_response_result_t result;
    size_t used;
    int ret;

    talk->has_begun = true;
    result = esp_http_response_feed(talk->response, c->in + c->in_at, c->in_len - c->in_at, &used);
    c->in_at += used;
    talk->body += talk->is_challenge ? used : 0;
    if (result == ESP_HTTP_RESPONSE_NO_MEM || result == ESP_HTTP_RESPONSE_STOPPED) {
        return et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
    }
    if (!esp_http_response_has_head(talk->response)) {
        return result == ESP_HTTP_RESPONSE_MORE
                   ? NEXT
                   : et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, 0);
    }
    if (!talk->is_challenge) {
        ret = judge(t);
        if (ret != 0) {
            return ret;
        }
        talk->is_challenge = true;
    }
    return pass_body(t, result);
}

/* --- steps: each returns 1 the tunnel is open; NEXT; 0 not now; -1 failed --------------------- */

static int step_parent(esp_transport_handle_t t)
{
    const struct http_proxy *c = t->data;
    int ret = et_transport_parent_connect(t, c->proxy.address, c->proxy.port);

    if (ret < 0 || ret > 1) {
        return et_transport_fail_as_parent(t);
    }
    return ret == 1 ? begin_request(t) : 0;
}

static int step_send(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;
    struct talk *talk = c->talk;
    int ret = et_layer_send(t, talk->out, talk->out_len, &talk->sent);

    if (ret == 1) {
        drop_request(talk);
        c->phase = RECEIVE;
        return NEXT;
    }
    return ret == 0 ? 0 : lost(t);
}

static int step_receive(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;
    int ret;

    if (c->in_at == c->in_len) {
        ret = et_transport_parent_read(t, c->in, IN_LEN);
        if (ret == TRANSPORT_AGAIN) {
            return 0;
        }
        if (ret < 0) {
            return lost(t);
        }
        c->in_at = 0;
        c->in_len = (size_t)ret;
    }
    return take_answer(t);
}

static int tunnel_step(esp_transport_handle_t t)
{
    switch (((struct http_proxy *)t->data)->phase) {
    case PARENT:
        return step_parent(t);
    case SEND:
        return step_send(t);
    default:
        return step_receive(t);
    }
}

static void end_talk(struct http_proxy *c)
{
    struct talk *talk = c->talk;

    if (talk != NULL) {
        esp_http_response_free(talk->response);
        esp_http_auth_free(talk->auth);
        drop_request(talk);
        plat_free(talk);
        c->talk = NULL;
    }
}

static void drop_in(struct http_proxy *c)
{
    plat_free(c->in);
    c->in = NULL;
    c->in_at = 0;
    c->in_len = 0;
}

static void end(struct http_proxy *c)
{
    end_talk(c);
    drop_in(c);
    c->phase = CLOSED;
}

static int tunnel_begin(esp_transport_handle_t t, const char *host, int port)
{
    struct http_proxy *c = t->data;
    struct plat_addr addr;

    end(c);
    c->status = 0;
    if (!et_layer_is_host(host) || !et_layer_is_port(port)) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, 0);
    }
    /* a zone has a meaning on this machine only */
    if (plat_addr_parse(host, strlen(host), &addr) && addr.scope != 0) {
        return et_transport_fail(t, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY, 0);
    }
    c->in = plat_alloc(NULL, PLAT_MEM_CONNECTION, IN_LEN);
    c->talk = plat_alloc(NULL, PLAT_MEM_CONNECTION, sizeof(*c->talk));
    if (c->talk != NULL) {
        c->talk->response = esp_http_response_new(FIELD_MAX, &handler, c);
    }
    if (c->in == NULL || c->talk == NULL || c->talk->response == NULL) {
        return et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
    }
    et_layer_authority(c->talk->authority, host, port);
    c->phase = PARENT;
    return NEXT;
}

static int step_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    struct http_proxy *c = t->data;
    int ret = t->is_first_step ? tunnel_begin(t, host, port) : NEXT;

    (void)timeout_ms; /* the deadline of this transport counts, not the parent's */
    for (unsigned n = 0; ret == NEXT && n < TRANSPORT_STEPS; n++) {
        ret = tunnel_step(t);
    }
    ret = ret == NEXT ? 0 : ret;
    if (ret == 0 && plat_clock_us() >= t->deadline_us) {
        ret = et_transport_fail(t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    }
    if (ret < 0) {
        end(c);
    } else if (ret == 1) {
        end_talk(c);
        if (c->in_at == c->in_len) {
            drop_in(c);
        }
        c->phase = OPEN;
    }
    return ret;
}

/* --- the tunnel ------------------------------------------------------------------------------- */

static int step_pending(esp_transport_handle_t t)
{
    const struct http_proxy *c = t->data;

    return c->phase == OPEN ? (int)(c->in_len - c->in_at) : 0;
}

static int step_read(esp_transport_handle_t t, char *buffer, int len)
{
    struct http_proxy *c = t->data;
    int n = step_pending(t);

    if (c->phase != OPEN) {
        (void)et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    if (n == 0 || buffer == NULL || len <= 0) {
        return et_layer_read(t, buffer, len);
    }
    n = n < len ? n : len;
    memcpy(buffer, c->in + c->in_at, (size_t)n);
    c->in_at += (size_t)n;
    if (c->in_at == c->in_len) {
        drop_in(c);
    }
    return n;
}

static int step_write(esp_transport_handle_t t, const char *buffer, int len)
{
    if (((struct http_proxy *)t->data)->phase != OPEN) {
        return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
    }
    return et_layer_write(t, buffer, len);
}

static void get_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    const struct http_proxy *c = t->data;

    if (c->phase == SEND) {
        events = ESP_TLS_WAIT_WRITE;
    } else if (c->phase == RECEIVE) {
        events = ESP_TLS_WAIT_READ;
    }
    if ((events & ESP_TLS_WAIT_READ) != 0 && c->in_at < c->in_len) {
        esp_tls_wait_until(wait, 0);
    }
    et_transport_parent_wait(t, events, wait);
}

static int step_close(esp_transport_handle_t t)
{
    end(t->data);
    return 0;
}

static void step_destroy(esp_transport_handle_t t)
{
    struct http_proxy *c = t->data;

    et_proxy_clear(&c->proxy);
    plat_free(c->user_agent);
    plat_free(c);
}

static const struct transport_ops ops = {
    .connect = step_connect,
    .read = step_read,
    .write = step_write,
    .pending = step_pending,
    .get_wait = get_wait,
    .close = step_close,
    .destroy = step_destroy,
    .has_deadline = true,
};

/* --- making ----------------------------------------------------------------------------------- */

/** Nothing here may end a field and begin another one. Basic cannot carry a colon (RFC 7617
 *  section 2). */
static bool is_legal_login(const char *user, const char *password, bool preemptive_basic)
{
    return user == NULL || (user[0] != '\0' && esp_http_is_field_value(user) &&
                            (password == NULL || esp_http_is_field_value(password)) &&
                            !(preemptive_basic && strchr(user, ':') != NULL));
}

static bool is_legal(const esp_transport_http_proxy_config_t *config)
{
    return config != NULL && et_layer_is_host(config->address) && et_layer_is_port(config->port) &&
           (config->user_agent == NULL || esp_http_is_field_value(config->user_agent)) &&
           !(config->preemptive_basic && config->digest_only) &&
           is_legal_login(config->user, config->password, config->preemptive_basic);
}

static esp_err_t configure(struct http_proxy *c, const esp_transport_http_proxy_config_t *config)
{
    struct proxy proxy = {0};
    char *agent = et_layer_copy(config->user_agent);

    if ((config->user_agent != NULL && agent == NULL) ||
        et_proxy_set_address(&proxy, config->address, config->port) != ESP_OK ||
        et_proxy_set_login(&proxy, config->user, config->password) != ESP_OK) {
        et_proxy_clear(&proxy);
        plat_free(agent);
        return ESP_ERR_NO_MEM;
    }
    et_proxy_clear(&c->proxy);
    plat_free(c->user_agent);
    c->proxy = proxy;
    c->user_agent = agent;
    c->preemptive_basic = config->preemptive_basic;
    c->digest_only = config->digest_only;
    return ESP_OK;
}

esp_transport_handle_t
esp_transport_http_proxy_init(esp_transport_handle_t parent_handle,
                              const esp_transport_http_proxy_config_t *config)
{
    esp_transport_handle_t t;

    if (parent_handle == NULL || !is_legal(config)) {
        plat_set_errno(plat_errno_inval);
        return NULL;
    }
    t = et_layer_new(&ops, sizeof(struct http_proxy), parent_handle);
    if (t != NULL && configure(t->data, config) != ESP_OK) {
        (void)esp_transport_destroy(t);
        plat_set_errno(plat_errno_no_mem);
        t = NULL;
    }
    return t;
}

esp_err_t esp_transport_http_proxy_set_config(esp_transport_handle_t http_proxy,
                                              const esp_transport_http_proxy_config_t *config)
{
    struct http_proxy *c = et_transport_context(http_proxy, &ops);

    if (c == NULL || !is_legal(config)) {
        return ESP_ERR_INVALID_ARG;
    }
    return c->phase == CLOSED ? configure(c, config) : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_transport_http_proxy_set_auth(esp_transport_handle_t http_proxy, const char *user,
                                            const char *password)
{
    struct http_proxy *c = et_transport_context(http_proxy, &ops);

    if (c == NULL || !is_legal_login(user, password, c->preemptive_basic)) {
        return ESP_ERR_INVALID_ARG;
    }
    return c->phase == CLOSED ? et_proxy_set_login(&c->proxy, user, password)
                              : ESP_ERR_INVALID_STATE;
}

int esp_transport_http_proxy_get_status(esp_transport_handle_t http_proxy)
{
    const struct http_proxy *c = et_transport_context(http_proxy, &ops);

    return c != NULL ? c->status : -1;
}
