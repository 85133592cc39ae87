/* Settings other than those asked for: each is tried on the same server, and what it saves is what
 * the two connections differed by. */
#ifndef MEMORY_CHOICES_H
#define MEMORY_CHOICES_H

#include "memory_report.h"

/** Fill r->choice. @return false after a message on stderr */
bool choices_try(struct memory_report *r, const struct trial_target *target);

/** Fill r->advice, when it does not fit: the first choice with which it does, or all that save
 *  something together. @return false after a message on stderr */
bool choices_advise(struct memory_report *r, const struct trial_target *target);

#endif
