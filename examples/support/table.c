#include "table.h"

#include "escape.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_WIDTH = 6, PADDING = 3 };

void table_init(table *t, size_t columns)
{
    memset(t, 0, sizeof *t);
    t->columns = columns;
}

void table_add(table *t, const char *text)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity != 0 ? t->capacity * 2 : 256;
        char **cells = realloc(t->cells, capacity * sizeof *cells);

        if (cells == NULL) {
            t->no_memory = true;
            return;
        }
        t->cells = cells;
        t->capacity = capacity;
    }
    t->cells[t->count] = strdup(text);
    if (t->cells[t->count] == NULL)
        t->no_memory = true;
    else
        t->count++;
}

static size_t column_width(const table *t, size_t column)
{
    size_t width = MIN_WIDTH;

    for (size_t i = column; i < t->count; i += t->columns) {
        size_t cell = escaped_width(t->cells[i]) + PADDING;

        if (cell > width)
            width = cell;
    }
    return width;
}

bool table_write(const table *t, FILE *out)
{
    size_t *widths = calloc(t->columns, sizeof *widths);

    if (widths == NULL || t->no_memory) {
        free(widths);
        return false;
    }
    for (size_t c = 0; c + 1 < t->columns; c++)
        widths[c] = column_width(t, c);
    for (size_t i = 0; i < t->count; i++) {
        size_t column = i % t->columns;

        write_escaped(out, t->cells[i]);
        if (column + 1 == t->columns)
            fputc('\n', out);
        else
            fprintf(out, "%*s", (int)(widths[column] - escaped_width(t->cells[i])), "");
    }
    free(widths);
    return true;
}

void table_clear(table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i]);
    free(t->cells);
    memset(t, 0, sizeof *t);
}
