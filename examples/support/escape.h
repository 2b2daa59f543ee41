/* Text from a server on its way to a terminal. */
#ifndef EXAMPLES_ESCAPE_H
#define EXAMPLES_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* How many columns the text takes, escaped: one for each character. */
size_t escaped_width(const char *text);
/* Writes the text; control characters and bytes that are no UTF-8 become \xNN. */
void write_escaped(FILE *out, const char *text);

#endif
