/* A page: the JSON that --json prints, put into cli/page.html, whose script draws it. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>

#include "tool.h"

/** Write the page. @param path  "-": standard output
 *  @param put_json  writes the JSON of what was found
 *  @return EXIT_OK, or EXIT_OUTPUT, EXIT_MEMORY after a message on stderr */
enum tool_exit page_write(const char *path, void (*put_json)(const void *found, FILE *out),
                          const void *found);

#endif
