/* A table as kubectl prints it. */
#ifndef EXAMPLES_TABLE_H
#define EXAMPLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Cells row by row. Each column but the last is padded to its widest cell and three blanks, at least to six columns. */
typedef struct table {
    char  **cells; /* owned */
    size_t  count, capacity;
    size_t  columns;
    bool    no_memory;
} table;

void table_init(table *t, size_t columns);
/* The next cell, copied. When memory runs out that is remembered. */
void table_add(table *t, const char *text);
/* false: memory ran out before, and nothing was written. */
bool table_write(const table *t, FILE *out);
void table_clear(table *t);

#endif
