/* The caller's stream. It is not ours to close; a failure of it is TLS_SYSTEM, with what its
 * get_error() says. */
#include "stream.h"

#include <string.h>

static struct link_stream *stream_of(struct tls_link *link)
{
    return (struct link_stream *)(void *)link;
}

static tls_status failed(struct link_stream *s)
{
    int os = 0;
    esp_err_t esp = s->stream->get_error != NULL ? s->stream->get_error(s->ctx, &os) : 0;

    return et_error_set(s->link.err, TLS_SYSTEM, esp, os, 0);
}

static void host_free(struct link_stream *s)
{
    plat_free(s->host);
    s->host = NULL;
}

static tls_status stream_connect(struct tls_link *link)
{
    struct link_stream *s = stream_of(link);
    int ret = 1;

    if (s->host != NULL && s->stream->connect != NULL) {
        ret = s->stream->connect(s->ctx, s->host, strlen(s->host), s->port);
    }
    if (ret == 0) {
        return TLS_WANT_TIME;
    }
    host_free(s);
    return ret > 0 ? TLS_OK : failed(s);
}

/** A count or WANT_... of the stream's. @return TLS_OK, with *n */
static tls_status result(struct link_stream *s, ssize_t got, size_t len, size_t *n)
{
    switch (got) {
    case ESP_TLS_ERR_SSL_WANT_READ:
        return TLS_WANT_READ;
    case ESP_TLS_ERR_SSL_WANT_WRITE:
        return TLS_WANT_WRITE;
    default:
        break;
    }
    if (got <= 0 || (size_t)got > len) {
        return failed(s);
    }
    *n = (size_t)got;
    return TLS_OK;
}

static tls_status stream_read(struct tls_link *link, void *buf, size_t len, size_t *n)
{
    struct link_stream *s = stream_of(link);
    ssize_t got = s->stream->read(s->ctx, buf, len);
    tls_status st;

    if (got == 0) {
        return TLS_EOF;
    }
    st = result(s, got, len, n);
    link->err->bytes_in += st == TLS_OK ? *n : 0;
    return st;
}

static tls_status stream_write(struct tls_link *link, const void *buf, size_t len, size_t *n)
{
    struct link_stream *s = stream_of(link);
    tls_status st = result(s, s->stream->write(s->ctx, buf, len), len, n);

    link->err->bytes_out += st == TLS_OK ? *n : 0;
    return st;
}

static void stream_wants(const struct tls_link *link, tls_status st, struct tls_wait *wait)
{
    const struct link_stream *s = (const struct link_stream *)(const void *)link;
    esp_tls_wait_t list;
    int events = st == TLS_WANT_READ    ? ESP_TLS_WAIT_READ
                 : st == TLS_WANT_WRITE ? ESP_TLS_WAIT_WRITE
                                        : 0;

    if (st == TLS_OK) {
        events = ESP_TLS_WAIT_READ;
    }
    esp_tls_wait_init(&list);
    s->stream->get_wait(s->ctx, events, &list);
    for (size_t i = 0; i < list.count; i++) {
        et_wait_add(wait, plat_stream_borrow(list.items[i].fd), list.items[i].events);
    }
    et_wait_in_ms(wait, list.timeout_ms);
}

static int stream_close(struct tls_link *link)
{
    host_free(stream_of(link));
    return 0;
}

static const struct link_ops stream_ops = {
    .connect = stream_connect,
    .read = stream_read,
    .write = stream_write,
    .wants = stream_wants,
    .close = stream_close,
};

tls_status et_stream_dial(struct link_stream *s, const char *host, size_t len, uint16_t port)
{
    s->host = plat_alloc(s->account, PLAT_MEM_CONNECTION, len + 1);
    if (s->host == NULL) {
        return et_error_set(s->link.err, TLS_NO_MEM, 0, 0, 0);
    }
    memcpy(s->host, host, len);
    s->port = port;
    return TLS_OK;
}

struct link_stream *et_stream_new(const esp_tls_stream_t *stream, void *ctx, struct tls_error *err,
                                  struct plat_account *account)
{
    struct link_stream *s = plat_alloc(account, PLAT_MEM_CONNECTION, sizeof(*s));

    if (s != NULL) {
        *s = (struct link_stream){.link = {.ops = &stream_ops, .err = err},
                                  .stream = stream,
                                  .ctx = ctx,
                                  .account = account};
    }
    return s;
}

void et_stream_free(struct link_stream *s)
{
    if (s != NULL) {
        host_free(s);
        plat_free(s);
    }
}
