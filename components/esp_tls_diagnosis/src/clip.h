/* Text of somebody else's into a field of fixed size. */
#ifndef DIAGNOSIS_CLIP_H
#define DIAGNOSIS_CLIP_H

#include <stddef.h>

/** Copy with a NUL. What is too long ends in "...", what cannot be printed becomes '?'. */
void et_clip_text(char *to, size_t cap, const char *from, size_t len);

/** Add to what is there, after ", " unless it is the first. */
void et_clip_item(char *to, size_t cap, const char *item, size_t len);

#endif
