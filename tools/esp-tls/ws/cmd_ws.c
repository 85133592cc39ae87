/* esp-tls ws: a WebSocket between standard input and output. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_log.h"
#include "esp_transport_async.h"
#include "cli/memory_file.h"
#include "cli/streams.h"
#include "ws_json.h"
#include "ws_link.h"

#define CHUNK   16384 /* of the input, sent as one frame at most */
#define AT_ONCE 64    /* reads from the server before the input has its turn */
#define NEVER   INT64_MAX

/** What is to be sent. */
struct input {
    char data[CHUNK];
    size_t have;
    size_t frame; /* bytes of data that the frame under way has; valid while is_frame */
    size_t skip;  /* behind them: a line's end */
    size_t sent;  /* of the frame */
    bool is_frame;
    bool is_last;    /* of its message */
    bool is_message; /* one was begun and not ended */
    bool is_over;    /* no more will be read */
    unsigned line;
    int64_t moved_ms; /* when something was sent last */
};

struct session {
    struct ws_options options;
    struct ws_link link;
    struct input in;
    struct json json;
    struct memory_file message; /* with --json, as much as came of it */
    FILE *to_message;
    bool is_binary;   /* the message */
    int left;         /* of the frame that is being read */
    int print_errno;  /* of a message that could not be written */
    int messages;     /* that came */
    bool has_enough;  /* of them */
    int64_t heard_ms; /* when something came, or the input was over */
    bool is_closing;  /* our Close was sent */
    bool is_done;
    enum tool_exit status;
};

static void end(struct session *s, enum tool_exit status)
{
    s->is_done = true;
    s->status = status;
}

/* --- from the server -------------------------------------------------------------------------- */

/** With --json a message is kept until all of it is there. */
static void keep_message(struct session *s, const char *data, size_t len)
{
    s->to_message = s->to_message != NULL ? s->to_message : memory_file_open(&s->message);
    if (s->to_message == NULL || fwrite(data, 1, len, s->to_message) != len) {
        s->print_errno = ENOMEM;
    }
}

static void put_message(struct session *s)
{
    if (s->to_message != NULL && !memory_file_close(&s->message, s->to_message)) {
        s->print_errno = ENOMEM;
    }
    s->to_message = NULL;
    if (s->print_errno == 0) {
        ws_json_message(&s->json, s->is_binary, s->message.text != NULL ? s->message.text : "",
                        s->message.len);
    }
    free(s->message.text);
    s->message = (struct memory_file){0};
}

/** Of a terminal no server may take hold. */
static void print(struct session *s, const char *data, size_t len)
{
    int error;

    if (s->options.connect.json) {
        if (len > 0) {
            keep_message(s, data, len);
        }
        return;
    }
    if (!s->options.binary && isatty(STDOUT_FILENO)) {
        (void)fwrite(data, 1, len, stdout);
        return;
    }
    error = streams_data(data, len);
    if (error != 0 && s->print_errno == 0) {
        s->print_errno = error;
    }
}

static void end_message(struct session *s)
{
    if (s->options.connect.json) {
        put_message(s);
    } else if (!s->options.binary) {
        putchar('\n');
    }
    if (fflush(stdout) != 0 && s->print_errno == 0) {
        s->print_errno = errno;
    }
    s->messages++;
    if (s->options.messages > 0 && s->messages >= s->options.messages) {
        s->has_enough = true;
    }
}

static void say_control(const struct session *s)
{
    switch (esp_transport_ws_get_read_opcode(s->link.ws)) {
    case WS_TRANSPORT_OPCODES_PING:
        fputs("* a Ping came, and was answered\n", stderr);
        break;
    case WS_TRANSPORT_OPCODES_PONG:
        fputs("* a Pong came\n", stderr);
        break;
    default:
        break;
    }
}

/** A read gave n bytes of a frame, or none of an empty one. */
static void take_ws(struct session *s, const char *data, int n)
{
    const ws_transport_opcodes_t opcode = esp_transport_ws_get_read_opcode(s->link.ws);

    if (opcode >= WS_TRANSPORT_OPCODES_CLOSE) {
        if (s->options.connect.verbose > 0) {
            say_control(s);
        }
        return;
    }
    s->heard_ms = tool_now_ms();
    if (opcode != WS_TRANSPORT_OPCODES_CONT) {
        s->is_binary = opcode == WS_TRANSPORT_OPCODES_BINARY;
    }
    if (s->left == 0) {
        s->left = esp_transport_ws_get_read_payload_len(s->link.ws);
    }
    print(s, data, (size_t)n);
    s->left -= n;
    if (s->left == 0 && esp_transport_ws_get_fin_flag(s->link.ws)) {
        end_message(s);
    }
}

/** Nothing more comes. */
static void end_of_server(struct session *s)
{
    const int code = esp_transport_ws_get_close_code(s->link.ws);

    end(s, code != 0 && code != 1006 ? ws_link_closed(&s->link) : ws_link_fail(&s->link));
}

static void say_unwritten(struct session *s)
{
    struct text text = {0};

    if (s->print_errno == ENOMEM) {
        end(s, tool_no_memory());
        return;
    }
    text_add(&text, "cannot write: %s", strerror(s->print_errno));
    ws_link_say(&s->link, &text);
    end(s, EXIT_OUTPUT);
}

/** @return false: there is nothing to be read now */
static bool receive_ws(struct session *s)
{
    char data[CHUNK];
    int n;

    for (int i = 0; i < AT_ONCE; i++) {
        n = esp_transport_read(s->link.ws, data, (int)sizeof(data), 0);
        if (n < 0) {
            end_of_server(s);
            return true;
        }
        if (n == 0 && (s->left > 0 ||
                       esp_transport_ws_get_read_opcode(s->link.ws) == WS_TRANSPORT_OPCODES_NONE)) {
            return false;
        }
        take_ws(s, data, n);
        if (s->print_errno != 0) {
            say_unwritten(s);
            return true;
        }
        if (esp_transport_ws_get_read_opcode(s->link.ws) == WS_TRANSPORT_OPCODES_CLOSE) {
            return false; /* what follows is the end */
        }
    }
    return true;
}

/* --- to the server ---------------------------------------------------------------------------- */

static void read_input(struct session *s)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    struct input *in = &s->in;
    ssize_t n;

    if (in->is_over || in->have == sizeof(in->data) || poll(&fd, 1, 0) <= 0) {
        return;
    }
    n = read(STDIN_FILENO, in->data + in->have, sizeof(in->data) - in->have);
    if (n < 0 && errno == EINTR) {
        return;
    }
    if (n < 0 && errno != EIO) { /* EIO: a terminal that has gone */
        struct text text = {0};

        text_add(&text, "cannot read standard input: %s", strerror(errno));
        ws_link_say(&s->link, &text);
        end(s, EXIT_USAGE);
    } else if (n <= 0) {
        in->is_over = true;
        s->heard_ms = tool_now_ms();
    } else {
        in->have += (size_t)n;
    }
}

/** A long line is cut between characters. */
static size_t cut(const char *data, size_t len)
{
    size_t at = len;

    while (at > 0 && len - at < 4 && ((unsigned char)data[at - 1] & 0xC0) == 0x80) {
        at--;
    }
    return at > 1 && ((unsigned char)data[at - 1] & 0xC0) == 0xC0 ? at - 1 : len;
}

/** Is there a frame to send? The whole input is a message. */
static bool next_of_binary(struct input *in)
{
    if (in->have < sizeof(in->data) && !in->is_over) {
        return false;
    }
    in->frame = in->have;
    in->skip = 0;
    in->is_last = in->is_over;
    return in->have > 0 || in->is_message;
}

/** The same: each line is one. */
static bool next_of_text(struct input *in)
{
    const char *newline = memchr(in->data, '\n', in->have);

    in->is_last = newline != NULL || in->is_over;
    if (!in->is_last && in->have < sizeof(in->data)) {
        return false;
    }
    in->skip = newline != NULL;
    in->frame = newline != NULL ? (size_t)(newline - in->data)
                : in->is_last   ? in->have
                                : cut(in->data, in->have);
    return newline != NULL || in->have > 0 || in->is_message;
}

static bool next_frame(struct session *s)
{
    struct input *in = &s->in;

    in->is_frame = s->options.binary ? next_of_binary(in) : next_of_text(in);
    in->sent = 0;
    in->moved_ms = tool_now_ms();
    if (in->is_frame && !s->options.binary && !esp_transport_ws_is_utf8(in->data, in->frame)) {
        struct text text = {0};

        text_add(&text,
                 "line %u of the input is no UTF-8, which a text message must be; with -b any "
                 "bytes can be sent",
                 in->line + 1);
        ws_link_say(&s->link, &text);
        end(s, EXIT_USAGE);
    }
    return in->is_frame && !s->is_done;
}

static void end_frame(struct input *in)
{
    const size_t used = in->frame + in->skip;

    memmove(in->data, in->data + used, in->have - used);
    in->have -= used;
    in->is_frame = false;
    in->is_message = !in->is_last;
    in->line += in->is_last;
}

/** Go on with the frame. @return false: not now */
static bool send_frame(struct session *s)
{
    struct input *in = &s->in;
    const int kind = s->options.binary ? WS_TRANSPORT_OPCODES_BINARY : WS_TRANSPORT_OPCODES_TEXT;
    const int opcode = (in->is_message ? WS_TRANSPORT_OPCODES_CONT : kind) |
                       (in->is_last ? WS_TRANSPORT_OPCODES_FIN : 0);
    int n = esp_transport_ws_send_raw(s->link.ws, (ws_transport_opcodes_t)opcode,
                                      in->data + in->sent, (int)(in->frame - in->sent), 0);

    if (n < 0) {
        in->is_over = true; /* what the server still has to say comes first */
        in->have = 0;
        in->is_frame = false;
        return false;
    }
    in->sent += (size_t)n;
    in->moved_ms = n > 0 ? tool_now_ms() : in->moved_ms;
    if (in->sent == in->frame) {
        end_frame(in);
        return true;
    }
    return n > 0;
}

/** When to close: with enough messages, or when nothing has come for a while after the end of the
 *  input. NEVER: not yet */
static int64_t close_at(const struct session *s)
{
    const struct input *in = &s->in;
    const bool is_sent = in->is_over && !in->is_frame && in->have == 0 && !in->is_message;

    if (s->has_enough && !in->is_frame) {
        return 0;
    }
    if (!is_sent || (s->options.messages > 0 && !s->options.has_wait)) {
        return NEVER;
    }
    return s->heard_ms + s->options.wait_ms;
}

static void close_when_due(struct session *s)
{
    static const char normal[] = "\x03\xE8"; /* 1000 */

    if (tool_now_ms() >= close_at(s)) {
        s->is_closing = true;
        (void)esp_transport_ws_send_raw(
            s->link.ws,
            (ws_transport_opcodes_t)(WS_TRANSPORT_OPCODES_CLOSE | WS_TRANSPORT_OPCODES_FIN), normal,
            2, 0);
    }
}

static void transmit(struct session *s)
{
    struct input *in = &s->in;

    for (int i = 0; i < AT_ONCE && !s->is_done && !s->is_closing; i++) {
        if (!in->is_frame) {
            if (s->has_enough) {
                break;
            }
            read_input(s);
            if (s->is_done || !next_frame(s)) {
                break;
            }
        }
        if (!send_frame(s)) {
            return;
        }
    }
    if (!s->is_done && !s->is_closing) {
        close_when_due(s);
    }
}

/* --- both ------------------------------------------------------------------------------------- */

static void add_time(esp_tls_wait_t *wait, int64_t until_ms)
{
    const int64_t left = until_ms - tool_now_ms();

    esp_tls_wait_until(wait, left > 0 ? (int)left : 0);
}

static void wait_for_either(struct session *s, bool is_blocked)
{
    struct input *in = &s->in;
    esp_tls_wait_t wait;
    esp_tls_wait_t more;

    if (esp_transport_get_wait(s->link.ws, ESP_TLS_WAIT_READ, &wait) != ESP_OK) {
        return;
    }
    if (is_blocked) {
        if (esp_transport_get_wait(s->link.ws, ESP_TLS_WAIT_WRITE, &more) == ESP_OK) {
            esp_tls_wait_merge(&wait, &more);
        }
        add_time(&wait, in->moved_ms + s->options.connect.timeout_ms);
    } else if (!in->is_over && in->have < sizeof(in->data)) {
        esp_tls_wait_add(&wait, STDIN_FILENO, ESP_TLS_WAIT_READ);
    }
    if (close_at(s) != NEVER && !s->is_closing) {
        add_time(&wait, close_at(s));
    }
    (void)esp_tls_wait(&wait, -1);
}

/** Is something to be sent that the server does not take? */
static bool is_blocked(struct session *s)
{
    const int64_t limit_ms = s->options.connect.timeout_ms;
    const bool blocked = s->in.is_frame || esp_transport_ws_flush(s->link.ws, 0) == 0;

    if (!blocked) {
        s->in.moved_ms = tool_now_ms();
    } else if (tool_now_ms() >= s->in.moved_ms + limit_ms) {
        struct text text = {0};

        text_add(&text,
                 "timeout: the server has taken nothing more of what is sent for %lld ms. If it "
                 "only needs longer, use --timeout.",
                 (long long)limit_ms);
        ws_link_say(&s->link, &text);
        end(s, EXIT_TIMEOUT);
    }
    return blocked;
}

static enum tool_exit talk_ws(struct session *s)
{
    s->in.moved_ms = tool_now_ms();
    while (!s->is_done) {
        bool is_more = receive_ws(s);

        if (!s->is_done) {
            transmit(s);
        }
        if (!s->is_done) {
            bool blocked = is_blocked(s);

            if (!s->is_done && !is_more) {
                wait_for_either(s, blocked);
            }
        }
    }
    return s->status;
}

static void say_connected(const struct session *s)
{
    const char *protocol = esp_transport_ws_get_subprotocol(s->link.ws);
    esp_tls_t *tls = esp_transport_get_esp_tls(s->link.ws);
    esp_tls_record_t record;
    esp_tls_session_info_t info;

    if (s->options.connect.verbose > 0) {
        if (tls != NULL && esp_tls_get_record(tls, &record) == ESP_OK &&
            record.address[0] != '\0') {
            fprintf(stderr, "* connected to %s port %u\n", record.address, record.port);
        }
        if (tls != NULL && esp_tls_get_session_info(tls, &info) == ESP_OK && info.version != NULL) {
            fprintf(stderr, "* %s, %s\n", info.version, info.ciphersuite);
        }
        fprintf(stderr, "* WebSocket, %s%s\n", protocol != NULL ? "subprotocol " : "no subprotocol",
                protocol != NULL ? protocol : "");
    }
    if (isatty(STDIN_FILENO)) {
        fputs("Connected. Each line is sent as a message; Ctrl-D closes.\n", stderr);
    }
}

static void begin_report(struct session *s)
{
    if (s->options.connect.json && s->json.out == NULL) {
        s->json.out = stdout;
        ws_json_begin(&s->json, &s->link);
        (void)fflush(stdout);
    }
}

static enum tool_exit ws_exchange(struct session *s)
{
    enum tool_exit status;

    s->link.options = &s->options;
    status = credentials_load(&s->link.identity, &s->options.connect);
    if (status == EXIT_OK) {
        status = capture_open(&s->link.capture, &s->options.connect);
    }
    if (status == EXIT_OK) {
        status = ws_link_open(&s->link);
    }
    if (status == EXIT_OK) {
        say_connected(s);
        begin_report(s);
        status = talk_ws(s);
    }
    return status;
}

static enum tool_exit ws_run(void *state)
{
    struct session *s = state;
    enum tool_exit status;
    enum tool_exit cleared;

    connect_options_log(&s->options.connect);
    status = ws_exchange(s);
    if (s->link.has_diagnosis) { /* else it had not come so far that there is something to tell */
        begin_report(s);
    }
    cleared = ws_link_clear(&s->link);
    status = status == EXIT_OK ? cleared : status;
    if (s->json.out != NULL) {
        ws_json_end(&s->json, &s->link, s->in.line, status);
    }
    (void)memory_file_close(&s->message, s->to_message);
    free(s->message.text);
    esp_tls_free_global_ca_store();
    return status;
}

const struct command cmd_ws = {
    .options = &ws_options,
    .summary = "open a WebSocket and exchange messages",
    .size = sizeof(struct session),
    .init = ws_options_init,
    .accept = ws_options_accept,
    .run = ws_run,
};
