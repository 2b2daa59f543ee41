/* Command lines as kubectl reads them: --name=value, --name value, -o value, -ovalue, --switch, --switch=false. */
#ifndef EXAMPLES_FLAGS_H
#define EXAMPLES_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of words; --verbs=get,list and --verbs=get --verbs=list are the same. */
typedef struct words {
    char **items; /* owned */
    size_t count;
} words;

typedef enum flag_kind {
    FLAG_TEXT,     /* to: const char *, a part of argv                                  */
    FLAG_SWITCH,   /* to: bool                                                          */
    FLAG_WORDS,    /* to: words                                                         */
    FLAG_TEXTS,    /* to: words; each time the flag is there adds one, with its commas  */
    FLAG_DURATION, /* to: int64_t, milliseconds: "30" (seconds), "1m30s", "500ms"       */
    FLAG_HELP      /* to: unused                                                        */
} flag_kind;

typedef struct flag {
    const char *name;
    char        letter; /* '\0': none */
    flag_kind   kind;
    void       *to;
    bool       *given;  /* set when the flag was there; may be NULL */
    const char *help;   /* one line */
} flag;

typedef enum flags_result {
    FLAGS_OK,
    FLAGS_HELP,  /* help was asked for                     */
    FLAGS_WRONG  /* the message says what is wrong         */
} flags_result;

enum { FLAGS_MESSAGE_BYTES = 256 };

/* Nothing but flags is expected. */
flags_result flags_parse(const flag *flags, size_t count, int argc, char **argv, char message[FLAGS_MESSAGE_BYTES]);
/* The list of flags for --help, on standard output. */
void flags_print_help(const flag *flags, size_t count);

bool words_add(words *list, const char *text, size_t len);
bool words_have(const words *list, const char *text);
void words_clear(words *list);

#endif
