/* What `esp-tls ws --json` prints: one object, whose messages are written as they come. */
#ifndef WS_JSON_H
#define WS_JSON_H

#include "cli/json.h"
#include "ws_link.h"

/** The WebSocket is open, or was not opened: all that comes before the messages. */
void ws_json_begin(struct json *j, const struct ws_link *link);

/** A message that came. */
void ws_json_message(struct json *j, bool is_binary, const char *data, size_t len);

/** The rest.
 *  @param sent  messages that were sent @param status  of the program */
void ws_json_end(struct json *j, const struct ws_link *link, unsigned sent, enum tool_exit status);

#endif
