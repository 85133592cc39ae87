/* Standard output and standard error. All that any command prints goes through here, so that what a
 * server, a log or a file says arrives as text: a byte that acts on a terminal becomes '?'. Bodies
 * of responses and messages of a WebSocket are data, and go past it. */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Take their places. Before anything is printed. */
void streams_begin(void);

/** What follows on standard output is text for people: on a terminal, lines that are too long for
 *  it go on below the column that their last part begins in. Standard error is always folded so. */
void streams_fold(void);

/** Data, as it is, to standard output. @return 0 or errno */
int streams_data(const void *data, size_t len);

/** Has anything been printed on standard output, or gone past it? */
bool streams_has_output(void);

/** What was said on standard error so far, as much as there is room for. */
const char *streams_said(void);

/** All of standard output has to arrive. The last call. @return false: it did not */
bool streams_finish(void);

#endif
