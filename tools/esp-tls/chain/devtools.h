/* The Chrome DevTools protocol: commands and their answers as JSON over a WebSocket. */
#ifndef DEVTOOLS_H
#define DEVTOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "esp_transport.h"

struct devtools {
    esp_transport_handle_t tcp;
    esp_transport_handle_t ws;
    int64_t until_us; /* everything is done by then, of dial_now_us() */
    long last_id;
    char session[128]; /* of a page; "": the browser itself */
    char *message;     /* the last one, without a NUL */
    size_t len;
    size_t frame_read; /* of the payload of the WebSocket frame that is being read */
    cJSON *answer;     /* the last answer */
    char why[200];     /* what failed */
};

/** Connect to a browser on this machine. @return false: see why; clear in both cases */
bool devtools_open(struct devtools *d, uint16_t port, const char *path, int64_t until_us);
void devtools_clear(struct devtools *d);

/** Send a command and wait for its answer; events are passed over.
 *  @param params  a JSON object
 *  @param result  receives the answer's result; valid until the next call
 *  @return false: see why */
bool devtools_call(struct devtools *d, const char *method, const char *params,
                   const cJSON **result);

/** The text of a member; "": there is none. Valid as long as the object. */
const char *devtools_text(const cJSON *object, const char *name);

#endif
