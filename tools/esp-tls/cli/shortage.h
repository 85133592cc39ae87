/* Was memory refused? Every allocation of the program, and of the library in it, is looked at, so
 * that a command need not rely on each part of it to hand the fact up: what it found with a part
 * missing would be another verdict, and a wrong one. */
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <stdbool.h>

/** Was an allocation refused since the last call? */
bool shortage_take(void);

/** One was, in a process that this one started. */
void shortage_note(void);

#endif
