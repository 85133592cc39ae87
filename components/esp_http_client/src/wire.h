/* The wire: the connection below HTTP. It has the transports, those of a proxy included, reads and
 * writes, knows what it waits for and until when, and takes the cancel of another thread. Nothing
 * blocks but et_http_wire_wait(). It knows neither the handle nor a request: where to go to is said
 * at each step of the connect, and what happened is in what the functions return. */
#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_http_client_async.h"
#include "esp_transport_async.h"
#include "route.h"

struct http_wire;  /* wire.c */
struct http_proxy; /* proxy.c */

size_t et_http_wire_size(void);
/** @param cfg  borrowed until the wire is cleared @return ESP_OK; ESP_ERR_NO_MEM */
esp_err_t et_http_wire_init(struct http_wire *w, const esp_http_client_config_t *cfg);
/** Take what a connection is bound to. @param if_name  of plat_ifreq_copy() */
void et_http_wire_take_interface(struct http_wire *w, struct ifreq *if_name);
void et_http_wire_clear(struct http_wire *w);

/* Steps: ESP_OK, ESP_ERR_HTTP_EAGAIN, or a failure. */
esp_err_t et_http_wire_connect(struct http_wire *w, const struct http_route *to);
esp_err_t et_http_wire_write(struct http_wire *w, const void *data, size_t len, size_t *taken);
/** ESP_ERR_HTTP_CONNECTION_CLOSED: the end. ESP_ERR_HTTP_FETCH_HEADER: it failed. */
esp_err_t et_http_wire_read(struct http_wire *w, void *data, size_t len, size_t *got);
/** The TLS session of what was open is kept before, if the configuration asks for that, wherever
 *  the next connection leads. @return ESP_OK, also if nothing was open; ESP_FAIL */
esp_err_t et_http_wire_close(struct http_wire *w);

bool et_http_wire_is_open(const struct http_wire *w);
bool et_http_wire_is_connecting(const struct http_wire *w);
/** Did the server of the last connection, open or not, ask for a client certificate and get none?
 */
bool et_http_wire_identity_missed(const struct http_wire *w);
/** Did an open connection end, or say something unasked? */
bool et_http_wire_is_stale(struct http_wire *w);
/** Would a read find bytes that are in this process's memory, where no socket tells of them? */
bool et_http_wire_has_pending(struct http_wire *w);
/** @return NULL: there is none yet */
esp_transport_handle_t et_http_wire_transport(const struct http_wire *w);
esp_tls_error_handle_t et_http_wire_error(const struct http_wire *w);

/* Time */
/** A byte moved, or a phase begins: silence is counted from now. */
void et_http_wire_touch(struct http_wire *w);
bool et_http_wire_is_silent(const struct http_wire *w);
/** Limit what begins with et_http_wire_begin_request(). @param ms  0: no limit */
void et_http_wire_set_deadline(struct http_wire *w, int ms);
void et_http_wire_begin_request(struct http_wire *w);
/** Does something end the request from outside?
 *  @return ESP_OK: no; ESP_ERR_NOT_FINISHED: a cancel; ESP_ERR_TIMEOUT: the deadline */
esp_err_t et_http_wire_interrupted(const struct http_wire *w);
/** Wait for what the last step could not do. @return ESP_OK; ESP_FAIL */
esp_err_t et_http_wire_wait(struct http_wire *w);
/** @param wait  receives what et_http_wire_wait() would wait for */
void et_http_wire_get_wait(struct http_wire *w, esp_tls_wait_t *wait);
/** Reading is to be tried when there is something. */
void et_http_wire_await_answer(struct http_wire *w);
/** Reading and writing are both to be tried again, whatever the last step was. */
void et_http_wire_await_both(struct http_wire *w);

/* Cancelling, by any thread */
void et_http_wire_cancel(struct http_wire *w);
/** The request that was cancelled is over, and the next connection must not inherit the cancel.
 *  Waits for a cancel that is still being told to the transport. Closes a transport that is not
 *  open; one that is open is closed by the caller after this. */
void et_http_wire_forget_cancel(struct http_wire *w);

/* Ways */
/** Free the transports; the next connect makes its own. Before the way is changed. */
void et_http_wire_drop(struct http_wire *w);
/** Connect to another place than the route says. @param host  taken; NULL: where the route says */
void et_http_wire_take_detour(struct http_wire *w, char *host, int port);
/** @param proxy  taken; NULL: none */
void et_http_wire_take_proxy(struct http_wire *w, struct http_proxy *proxy);
/** Who is told of each transport before it connects. */
void et_http_wire_set_hook(struct http_wire *w, esp_http_client_on_transport_t hook, void *arg);
/** Is there a proxy that is sent whole URLs (RFC 9112 section 3.2.2)? */
bool et_http_wire_takes_urls(const struct http_wire *w, bool is_tls);
/** The login at a proxy that is sent whole URLs.
 *  @return false: there is no such proxy, or no login */
bool et_http_wire_proxy_login(const struct http_wire *w, bool is_tls, const char **username,
                              const char **password);

/* proxy.c */
bool et_http_proxy_is_legal(const esp_http_client_proxy_t *proxy);
/** @return NULL: no memory */
struct http_proxy *et_http_proxy_new(const esp_http_client_proxy_t *from);
void et_http_proxy_free(struct http_proxy *proxy);
/** Does it lead to the target through a tunnel? Else it is sent whole URLs. */
bool et_http_proxy_makes_tunnel(const struct http_proxy *proxy, bool is_tls);
/** Make the tunnel. @param base  TCP to the proxy; taken in any case
 *  @return ESP_OK; ESP_ERR_NO_MEM; ESP_ERR_NOT_SUPPORTED */
esp_err_t et_http_proxy_open(struct http_proxy *proxy, esp_transport_handle_t base,
                             esp_transport_handle_t *tunnel);
/** Free its transports. */
void et_http_proxy_drop(struct http_proxy *proxy);
/** Where it is. */
void et_http_proxy_route(const struct http_proxy *proxy, struct http_route *to);
/** @return false: none */
bool et_http_proxy_login(const struct http_proxy *proxy, const char **username,
                         const char **password);

#endif
