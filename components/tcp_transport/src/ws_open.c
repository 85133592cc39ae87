/* The opening handshake (RFC 6455 section 4): the parent connects, a request goes, its answer is
 * judged. What was read behind the answer's head are the first frames. */
#include <string.h>

#include "esp_http_field.h"
#include "esp_http_response.h"
#include "esp_tls_errors.h"
#include "esp_tls_url.h"
#include "layer.h"
#include "plat_clock.h"
#include "plat_errno.h"
#include "plat_heap.h"
#include "plat_random.h"
#include "ws.h"
#include "ws_handshake.h"

#define DEFAULT_USER_AGENT "ESP32 Websocket Client"

#define NEXT (-2) /* the step is done, and the next can be made at once */

struct ws_opening {
    esp_http_response_t *response;
    struct ws_answer answer;
    char accept[WS_ACCEPT_SIZE];
    char authority[LAYER_AUTHORITY_MAX];
};

/* --- memory ----------------------------------------------------------------------------------- */

void et_ws_drop_buffer(struct ws *c)
{
    plat_free_secret(c->buf);
    c->buf = NULL;
    c->cap = 0;
}

bool et_ws_need_buffer(esp_transport_handle_t t, size_t len)
{
    struct ws *c = t->data;

    if (c->buf != NULL) {
        return true;
    }
    if (WS_KEEPS_BUFFER || len > CONFIG_WS_BUFFER_SIZE) {
        len = CONFIG_WS_BUFFER_SIZE;
    }
    c->buf = plat_alloc(NULL, PLAT_MEM_CONNECTION, len);
    if (c->buf == NULL) {
        (void)et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
        return false;
    }
    c->cap = len;
    return true;
}

static void end_opening(struct ws *c)
{
    if (c->opening != NULL) {
        esp_http_response_free(c->opening->response);
        plat_free(c->opening);
        c->opening = NULL;
    }
}

void et_ws_end(struct ws *c)
{
    end_opening(c);
    et_ws_drop_buffer(c);
    plat_free(c->early);
    c->early = NULL;
    c->early_at = 0;
    c->early_len = 0;
    c->has_pushed = false;
    c->phase = WS_IS_CLOSED;
}

static void forget_results(struct ws *c)
{
    plat_free(c->redirect);
    plat_free(c->chosen);
    c->redirect = NULL;
    c->chosen = NULL;
    c->why = NULL;
    c->status = 0;
}

/* --- the request ------------------------------------------------------------------------------ */

static esp_err_t compose_request(struct ws *c)
{
    const struct ws_settings *set = &c->set;
    unsigned char nonce[WS_NONCE_LEN];
    char key[WS_KEY_SIZE];
    const struct ws_request request = {
        .target = set->path != NULL ? set->path : "/",
        .authority = c->opening->authority,
        .key = key,
        .user_agent = set->user_agent != NULL ? set->user_agent : DEFAULT_USER_AGENT,
        .protocols = set->protocols,
        .auth = set->auth,
        .fields = set->fields,
    };

    if (plat_random(nonce, sizeof(nonce)) != 0 || !et_ws_make_key(nonce, key, c->opening->accept)) {
        return ESP_FAIL;
    }
    c->at = 0;
    c->len = et_ws_write_request(c->buf, c->cap, &request);
    return c->len <= c->cap ? ESP_OK : ESP_ERR_TCP_TRANSPORT_WS_REQUEST_TOO_LONG;
}

/** What was offered: by the setting, or among the fields. */
static void note_offer(struct ws *c)
{
    struct ws_answer *a = &c->opening->answer;
    const char *value =
        et_ws_find_field(c->set.fields, "Sec-WebSocket-Protocol", &a->protocols_len);

    a->protocols = value;
    if (value == NULL && c->set.protocols != NULL) {
        a->protocols = c->set.protocols;
        a->protocols_len = strlen(c->set.protocols);
    }
    a->accept = c->opening->accept;
}

/* --- the answer ------------------------------------------------------------------------------- */

static esp_http_response_go_t on_status(void *arg, int status)
{
    struct ws *c = arg;

    c->status = status;
    c->opening->answer.status = status;
    return ESP_HTTP_RESPONSE_GO;
}

static esp_http_response_go_t on_header(void *arg, const char *name, const char *value)
{
    struct ws *c = arg;

    et_ws_answer_field(&c->opening->answer, name, value);
    if (et_ws_is_redirect(c->status) && c->redirect == NULL &&
        esp_http_name_equals(name, "Location")) {
        c->redirect = et_layer_copy(value);
        return c->redirect != NULL ? ESP_HTTP_RESPONSE_GO : ESP_HTTP_RESPONSE_STOP;
    }
    return ESP_HTTP_RESPONSE_GO;
}

static const esp_http_response_handler_t handler = {.on_status = on_status, .on_header = on_header};

/** A line of the head. @param len  receives its length without line end @return behind the line
 *  end; NULL: it does not end */
static const char *line_end(const char *line, const char *end, size_t *len)
{
    const char *stop = memchr(line, '\n', (size_t)(end - line));

    if (stop == NULL) {
        return NULL;
    }
    *len = (size_t)(stop - line);
    *len -= *len > 0 && line[*len - 1] == '\r';
    return stop + 1;
}

/** Behind the empty line that ends the head which begins here. @return NULL: there is none */
static const char *head_end(const char *head, const char *end)
{
    size_t len = 1;

    while (head != NULL && len > 0) {
        head = line_end(head, end, &len);
    }
    return head;
}

static bool is_interim(const char *head, const char *end)
{
    return end - head > 12 && head[9] == '1' && memcmp(head + 9, "101", 3) != 0;
}

/** The head of the final response, interim ones apart. @param len  receives its length
 *  @return NULL: the parser saw what is not there */
static const char *final_head(const struct ws *c, size_t *len)
{
    const char *const end = c->buf + c->len;
    const char *head = c->buf;
    const char *stop = head_end(head, end);

    while (stop != NULL && is_interim(head, end)) {
        head = stop;
        stop = head_end(head, end);
    }
    *len = stop != NULL ? (size_t)(stop - head) : 0;
    return stop != NULL ? head : NULL;
}

static bool is_accept_line(const char *line, size_t len)
{
    char name[sizeof("Sec-WebSocket-Accept")];
    size_t n = sizeof(name) - 1;

    if (len <= n || line[n] != ':') {
        return false;
    }
    memcpy(name, line, n);
    name[n] = '\0';
    return esp_http_name_equals(name, "Sec-WebSocket-Accept");
}

/** To the application: as a whole, and line by line. */
static void show_head(const struct ws *c, const char *head, size_t head_len)
{
    const struct ws_settings *set = &c->set;
    const char *const end = head + head_len;
    size_t len;

    if (set->head != NULL && set->head_size > 0) {
        size_t n = head_len < set->head_size ? head_len : set->head_size - 1;

        memcpy(set->head, head, n);
        set->head[n] = '\0';
    }
    for (const char *line = line_end(head, end, &len); set->hook != NULL && line != NULL;) {
        const char *next = line_end(line, end, &len);

        if (next != NULL && len > 0 && !is_accept_line(line, len)) {
            set->hook(set->hook_arg, line, (int)len);
        }
        line = next;
    }
}

/** Where this connection goes, as a URL without a path: what a relative Location starts from.
 *  @return false: the parent is not ours to know */
static bool is_secure(esp_transport_handle_t t, bool *secure)
{
    const esp_transport_handle_t below = t->parent;
    esp_tls_session_info_t info;

    if (below->ops == NULL || below->ops->get_esp_tls == NULL ||
        esp_tls_get_session_info(below->ops->get_esp_tls(below), &info) != ESP_OK) {
        return false;
    }
    *secure = info.version != NULL;
    return true;
}

static char *join(const char *a, const char *b, const char *c)
{
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    const size_t size = a_len + b_len + strlen(c) + 1;
    char *text = plat_alloc(NULL, PLAT_MEM_APPLICATION, size);

    if (text != NULL) {
        memcpy(text, a, a_len);
        memcpy(text + a_len, b, b_len);
        memcpy(text + a_len + b_len, c, size - a_len - b_len);
    }
    return text;
}

/** Make a relative Location absolute, and check any. */
static esp_err_t resolve_redirect(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    bool secure = false;
    const bool is_known = is_secure(t, &secure);
    char *base = join(secure ? "wss://" : "ws://", c->opening->authority,
                      c->set.path != NULL ? c->set.path : "/");
    const size_t cap = base != NULL ? strlen(base) + strlen(c->redirect) + 2 : 0;
    char *url = base != NULL ? plat_alloc(NULL, PLAT_MEM_APPLICATION, cap) : NULL;
    esp_err_t err = ESP_ERR_NO_MEM;
    esp_tls_url_t parts;
    size_t len;

    if (url != NULL) {
        err = esp_tls_url_resolve(base, c->redirect, url, cap, &len);
    }
    if (err == ESP_OK &&
        (is_known || esp_tls_url_parse(c->redirect, strlen(c->redirect), &parts))) {
        plat_free(c->redirect);
        c->redirect = url;
        url = NULL;
    }
    plat_free(url);
    plat_free(base);
    return err == ESP_OK || err == ESP_ERR_NO_MEM ? err : ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT;
}

/** @return the status, or -1 */
static int redirect(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    esp_err_t err = ESP_ERR_TCP_TRANSPORT_WS_BAD_REDIRECT;

    if (c->opening->answer.locations == 1) {
        err = resolve_redirect(t);
    }
    if (err == ESP_OK) {
        return c->status;
    }
    plat_free(c->redirect);
    c->redirect = NULL;
    c->why = c->opening->answer.locations == 1 ? "Location is no URL" : "there is not one Location";
    return et_transport_fail(t, err, 0);
}

/** Keep what is needed after the handshake. */
static bool keep_rest(struct ws *c, const char *rest, size_t rest_len)
{
    const struct ws_answer *a = &c->opening->answer;

    if (rest_len > 0) {
        c->early = plat_alloc(NULL, PLAT_MEM_CONNECTION, rest_len);
        if (c->early == NULL) {
            return false;
        }
        memcpy(c->early, rest, rest_len);
        c->early_len = rest_len;
    }
    if (a->chosen != NULL) {
        c->chosen = plat_alloc(NULL, PLAT_MEM_APPLICATION, a->chosen_len + 1);
        if (c->chosen == NULL) {
            return false;
        }
        memcpy(c->chosen, a->chosen, a->chosen_len);
    }
    return true;
}

/** The head is there. @return 1 it is a WebSocket; > 1 a redirect; -1 failed */
static int judge(esp_transport_handle_t t)
{
    static const char version[] = "HTTP/1.1 ";
    struct ws *c = t->data;
    size_t len;
    const char *head = final_head(c, &len);
    esp_err_t err;

    if (head == NULL || len < sizeof(version) ||
        (c->status == 101 && memcmp(head, version, sizeof(version) - 1) != 0)) {
        c->why = "it is not HTTP/1.1"; /* RFC 6455 section 4.2.2 */
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_MALFORMED, 0);
    }
    show_head(c, head, len);
    if (et_ws_is_redirect(c->status)) {
        return redirect(t);
    }
    err = et_ws_answer_judge(&c->opening->answer, &c->why);
    if (err == ESP_OK && !keep_rest(c, head + len, (size_t)(c->buf + c->len - (head + len)))) {
        err = ESP_ERR_NO_MEM;
    }
    return err == ESP_OK ? 1 : et_transport_fail(t, err, 0);
}

/** Take the bytes from here on. @return as a step */
static int take_answer(esp_transport_handle_t t, size_t from)
{
    struct ws *c = t->data;
    esp_http_response_t *r = c->opening->response;
    size_t used;

    switch (esp_http_response_feed(r, c->buf + from, c->len - from, &used)) {
    case ESP_HTTP_RESPONSE_NO_MEM:
    case ESP_HTTP_RESPONSE_STOPPED:
        return et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
    case ESP_HTTP_RESPONSE_HEADER_TOO_LONG:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG, 0);
    default:
        break;
    }
    if (esp_http_response_has_head(r)) {
        return judge(t);
    }
    if (esp_http_response_why(r) != NULL) {
        c->why = esp_http_response_why(r);
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_MALFORMED, 0);
    }
    return c->len < c->cap ? NEXT
                           : et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_WS_HEADER_TOO_LONG, 0);
}

/* --- steps: each returns 1 open; NEXT; 0 not now; -1 failed; > 1 a redirect ------------------- */

static int open_begin(esp_transport_handle_t t, const char *host, int port)
{
    struct ws *c = t->data;
    esp_err_t err = c->path_error;

    et_ws_end(c);
    forget_results(c);
    c->close_code = 0;
    if (err == ESP_OK && (!et_layer_is_host(host) || !et_layer_is_port(port))) {
        err = ESP_ERR_INVALID_ARG;
    }
    if (err != ESP_OK) {
        return et_transport_fail(t, err, 0);
    }
    c->opening = plat_alloc(NULL, PLAT_MEM_CONNECTION, sizeof(*c->opening));
    if (c->opening != NULL) {
        c->opening->response = esp_http_response_new(CONFIG_WS_BUFFER_SIZE, &handler, c);
    }
    if (c->opening == NULL || c->opening->response == NULL ||
        !et_ws_need_buffer(t, CONFIG_WS_BUFFER_SIZE)) {
        return et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
    }
    et_layer_authority(c->opening->authority, host, port);
    note_offer(c);
    err = compose_request(c);
    if (err != ESP_OK) {
        return et_transport_fail(t, err, 0);
    }
    esp_http_response_begin(c->opening->response, ESP_HTTP_REQUEST_OTHER);
    c->phase = WS_AT_PARENT;
    return NEXT;
}

static int step_parent(esp_transport_handle_t t, const char *host, int port)
{
    int ret = et_transport_parent_connect(t, host, port);

    if (ret < 0 || ret > 1) {
        return et_transport_fail_as_parent(t);
    }
    ((struct ws *)t->data)->phase = ret == 1 ? WS_AT_REQUEST : WS_AT_PARENT;
    return ret == 1 ? NEXT : 0;
}

static int step_request(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    int ret = et_layer_send(t, c->buf, c->len, &c->at);

    if (ret == 1) {
        plat_wipe(c->buf, c->cap); /* wiped, because it may hold credentials */
        c->len = 0;
        c->phase = WS_AT_ANSWER;
        return NEXT;
    }
    return ret;
}

static int step_answer(esp_transport_handle_t t)
{
    struct ws *c = t->data;
    const size_t from = c->len;
    int ret = et_layer_read(t, c->buf + from, (int)(c->cap - from));

    if (ret < 0) {
        return ret == TRANSPORT_AGAIN ? 0 : -1;
    }
    c->len += (size_t)ret;
    return take_answer(t, from);
}

static int open_step(esp_transport_handle_t t, const char *host, int port)
{
    switch (((struct ws *)t->data)->phase) {
    case WS_AT_PARENT:
        return step_parent(t, host, port);
    case WS_AT_REQUEST:
        return step_request(t);
    default:
        return step_answer(t);
    }
}

static void open_it(struct ws *c)
{
    end_opening(c);
    plat_wipe(c->buf, c->cap);
    if (!WS_KEEPS_BUFFER) {
        et_ws_drop_buffer(c);
    }
    c->phase = WS_IS_OPEN;
    et_ws_begin_frames(c);
}

int et_ws_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    struct ws *c = t->data;
    int ret = t->is_first_step ? open_begin(t, host, port) : NEXT;

    (void)timeout_ms; /* the deadline of this transport counts, not the parent's */
    for (unsigned n = 0; ret == NEXT && n < TRANSPORT_STEPS; n++) {
        ret = open_step(t, host, port);
    }
    ret = ret == NEXT ? 0 : ret;
    if (ret == 0 && plat_clock_us() >= t->deadline_us) {
        ret = et_transport_fail(t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, 0);
    }
    if (ret == 1) {
        open_it(c);
    } else if (ret != 0) {
        et_ws_end(c);
    }
    return ret;
}
