/* How fast the JSON reader is beside yajl and jansson, on an aggregated discovery document:
 *
 *     bench_json [--json] [--rounds N] DOCUMENT
 *
 * Two jobs, each done by all three: `walk` sees every token, `discovery` decodes what a discovery client keeps. They
 * run in turn (A B C A B C ...) in one process and the median counts. Before anything is timed the answers are
 * compared: who skipped something would be fast for nothing. Exit: 0 measured, 1 the answers differ, 2 usage. */
#include <kube/base/json.h>

#include <jansson.h>
#include <yajl/yajl_parse.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_ROUNDS = 10000, DEFAULT_ROUNDS = 301, WARM_UP_ROUNDS = 20, CONTENDERS = 3, MAX_CONTEXTS = 64,
       MAX_DOCUMENT_BYTES = 64 << 20 };

/* What a job counts; all contenders must agree. A job counts what it needs and leaves the rest at 0. */
typedef struct counts {
    size_t tokens;
    size_t strings;      /* keys included */
    size_t string_bytes; /* decoded       */
    size_t groups;
    size_t versions;
    size_t resources;
    size_t subresources;
    size_t namespaced;
    size_t verbs;
    size_t names; /* short names and categories */
    size_t failed; /* not a bool: the whole struct is compared */
} counts;

static void count_text(counts *c, size_t bytes)
{
    c->strings++;
    c->string_bytes += bytes;
}

/* --- libkube: walk ------------------------------------------------------------------------------------------------ */

static counts kube_walk(kube_str document)
{
    kube_buf scratch = KUBE_BUF_INIT(1 << 20);
    kube_json_reader r;
    kube_json_token token;
    counts c = { 0 };

    kube_json_reader_init(&r, document);
    while ((token = kube_json_reader_next(&r)) > KUBE_JSON_TOKEN_END) {
        c.tokens++;
        if (token == KUBE_JSON_TOKEN_KEY || token == KUBE_JSON_TOKEN_STRING)
            count_text(&c, kube_json_string_text(kube_json_reader_string(&r), &scratch).len);
    }
    c.failed = kube_json_reader_status(&r, NULL) != KUBE_OK;
    kube_buf_clear(&scratch);
    return c;
}

/* --- libkube: discovery ------------------------------------------------------------------------------------------- */

static void kube_text(kube_json_reader *r, counts *c)
{
    kube_json_string text;

    if (kube_json_reader_read_string(r, &text))
        count_text(c, text.raw.len);
}

static void kube_texts(kube_json_reader *r, counts *c, size_t *n)
{
    kube_json_reader_enter_array(r);
    while (kube_json_reader_next_element(r)) {
        kube_text(r, c);
        ++*n;
    }
}

static void kube_each(kube_json_reader *r, counts *c, void read_one(kube_json_reader *r, counts *c))
{
    kube_json_reader_enter_array(r);
    while (kube_json_reader_next_element(r))
        read_one(r, c);
}

static void kube_kind(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key))
        if (kube_json_string_is(key, "group") || kube_json_string_is(key, "version") ||
            kube_json_string_is(key, "kind"))
            kube_text(r, c);
}

static void kube_scope(kube_json_reader *r, counts *c)
{
    kube_json_string scope;

    kube_json_reader_read_string(r, &scope);
    c->namespaced += kube_json_string_is(scope, "Namespaced");
}

static void kube_subresource(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    c->subresources++;
    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "subresource"))
            kube_text(r, c);
        else if (kube_json_string_is(key, "responseKind"))
            kube_kind(r, c);
        else if (kube_json_string_is(key, "verbs"))
            kube_texts(r, c, &c->verbs);
    }
}

static void kube_resource(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    c->resources++;
    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "resource") || kube_json_string_is(key, "singularResource"))
            kube_text(r, c);
        else if (kube_json_string_is(key, "responseKind"))
            kube_kind(r, c);
        else if (kube_json_string_is(key, "scope"))
            kube_scope(r, c);
        else if (kube_json_string_is(key, "verbs"))
            kube_texts(r, c, &c->verbs);
        else if (kube_json_string_is(key, "shortNames") || kube_json_string_is(key, "categories"))
            kube_texts(r, c, &c->names);
        else if (kube_json_string_is(key, "subresources"))
            kube_each(r, c, kube_subresource);
    }
}

static void kube_version(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    c->versions++;
    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "version") || kube_json_string_is(key, "freshness"))
            kube_text(r, c);
        else if (kube_json_string_is(key, "resources"))
            kube_each(r, c, kube_resource);
    }
}

static void kube_group_name(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key))
        if (kube_json_string_is(key, "name"))
            kube_text(r, c);
}

static void kube_group(kube_json_reader *r, counts *c)
{
    kube_json_string key;

    c->groups++;
    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "metadata"))
            kube_group_name(r, c);
        else if (kube_json_string_is(key, "versions"))
            kube_each(r, c, kube_version);
    }
}

static counts kube_discovery(kube_str document)
{
    kube_json_reader r;
    kube_json_string key;
    counts c = { 0 };

    kube_json_reader_init(&r, document);
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key))
        if (kube_json_string_is(key, "items"))
            kube_each(&r, &c, kube_group);
    c.failed = kube_json_reader_finish(&r, NULL) != KUBE_OK;
    return c;
}

/* --- yajl: walk --------------------------------------------------------------------------------------------------- */

static int yajl_count_token(void *user)
{
    ((counts *)user)->tokens++;
    return 1;
}

static int yajl_count_bool(void *user, int value)
{
    return (void)value, yajl_count_token(user);
}

static int yajl_count_number(void *user, const char *text, size_t len)
{
    return (void)text, (void)len, yajl_count_token(user);
}

static int yajl_count_string(void *user, const unsigned char *text, size_t len)
{
    (void)text;
    count_text(user, len);
    return yajl_count_token(user);
}

static const yajl_callbacks walk_callbacks = {
    .yajl_null = yajl_count_token,    .yajl_boolean = yajl_count_bool,      .yajl_number = yajl_count_number,
    .yajl_string = yajl_count_string, .yajl_start_map = yajl_count_token,   .yajl_map_key = yajl_count_string,
    .yajl_end_map = yajl_count_token, .yajl_start_array = yajl_count_token, .yajl_end_array = yajl_count_token,
};

static bool yajl_run(const yajl_callbacks *callbacks, void *user, kube_str document)
{
    yajl_handle parser = yajl_alloc(callbacks, NULL, user); /* its default: UTF-8 is validated */
    yajl_status st = yajl_parse(parser, (const unsigned char *)document.data, document.len);

    if (st == yajl_status_ok)
        st = yajl_complete_parse(parser);
    yajl_free(parser);
    return st == yajl_status_ok;
}

static counts yajl_walk(kube_str document)
{
    counts c = { 0 };

    c.failed = !yajl_run(&walk_callbacks, &c, document);
    return c;
}

/* --- yajl: discovery ---------------------------------------------------------------------------------------------- */

typedef enum context {
    OTHER, TOP, ITEMS, GROUP, METADATA, VERSIONS, VERSION, RESOURCES, RESOURCE, KIND, VERBS, NAMES, SUBRESOURCES,
    SUBRESOURCE
} context;
typedef enum field { IGNORED, TEXT, SCOPE, A_CONTEXT } field;

typedef struct push_state {
    counts  c;
    size_t  depth;
    context contexts[MAX_CONTEXTS]; /* contexts[0] is outside the document     */
    field   field;                  /* what the last key said of its value     */
    context field_context;          /* where A_CONTEXT leads                   */
} push_state;

typedef struct field_rule {
    const char *key;
    size_t      len;
    field       field;
    context     to;
} field_rule;

#define RULE(key, field, to) { key, sizeof(key) - 1, field, to }
#define NO_MORE { NULL, 0, IGNORED, OTHER }

static const field_rule top_rules[] = { RULE("items", A_CONTEXT, ITEMS), NO_MORE };
static const field_rule group_rules[] = {
    RULE("metadata", A_CONTEXT, METADATA), RULE("versions", A_CONTEXT, VERSIONS), NO_MORE
};
static const field_rule metadata_rules[] = { RULE("name", TEXT, OTHER), NO_MORE };
static const field_rule version_rules[] = {
    RULE("version", TEXT, OTHER), RULE("freshness", TEXT, OTHER), RULE("resources", A_CONTEXT, RESOURCES), NO_MORE
};
static const field_rule resource_rules[] = {
    RULE("resource", TEXT, OTHER),        RULE("singularResource", TEXT, OTHER),
    RULE("scope", SCOPE, OTHER),          RULE("responseKind", A_CONTEXT, KIND),
    RULE("verbs", A_CONTEXT, VERBS),      RULE("shortNames", A_CONTEXT, NAMES),
    RULE("categories", A_CONTEXT, NAMES), RULE("subresources", A_CONTEXT, SUBRESOURCES), NO_MORE
};
static const field_rule kind_rules[] = {
    RULE("group", TEXT, OTHER), RULE("version", TEXT, OTHER), RULE("kind", TEXT, OTHER), NO_MORE
};
static const field_rule subresource_rules[] = {
    RULE("subresource", TEXT, OTHER), RULE("responseKind", A_CONTEXT, KIND), RULE("verbs", A_CONTEXT, VERBS), NO_MORE
};
static const field_rule *const rules[SUBRESOURCE + 1] = {
    [TOP] = top_rules,           [GROUP] = group_rules, [METADATA] = metadata_rules,       [VERSION] = version_rules,
    [RESOURCE] = resource_rules, [KIND] = kind_rules,   [SUBRESOURCE] = subresource_rules,
};

static int push_key(void *user, const unsigned char *key, size_t len)
{
    push_state *s = user;
    const field_rule *rule = rules[s->contexts[s->depth]];

    s->field = IGNORED;
    for (; rule != NULL && rule->key != NULL; rule++)
        if (rule->len == len && memcmp(rule->key, key, len) == 0) {
            s->field = rule->field;
            s->field_context = rule->to;
            break;
        }
    return 1;
}

static int push_string(void *user, const unsigned char *text, size_t len)
{
    push_state *s = user;
    context here = s->contexts[s->depth];

    if (here == VERBS || here == NAMES) {
        count_text(&s->c, len);
        *(here == VERBS ? &s->c.verbs : &s->c.names) += 1;
    } else if (s->field == TEXT) {
        count_text(&s->c, len);
    } else if (s->field == SCOPE) {
        s->c.namespaced += len == 10 && memcmp(text, "Namespaced", 10) == 0;
    }
    return 1;
}

static int push_begin(void *user)
{
    push_state *s = user;
    context from = s->contexts[s->depth], to = s->field == A_CONTEXT ? s->field_context : OTHER;

    if (s->depth + 1 == MAX_CONTEXTS)
        return 0;
    if (s->depth == 0)
        to = TOP;
    else if (from == ITEMS)
        to = GROUP, s->c.groups++;
    else if (from == VERSIONS)
        to = VERSION, s->c.versions++;
    else if (from == RESOURCES)
        to = RESOURCE, s->c.resources++;
    else if (from == SUBRESOURCES)
        to = SUBRESOURCE, s->c.subresources++;
    s->contexts[++s->depth] = to;
    s->field = IGNORED;
    return 1;
}

static int push_end(void *user)
{
    ((push_state *)user)->depth--;
    return 1;
}

static const yajl_callbacks discovery_callbacks = {
    .yajl_string = push_string, .yajl_start_map = push_begin,   .yajl_map_key = push_key,
    .yajl_end_map = push_end,   .yajl_start_array = push_begin, .yajl_end_array = push_end,
};

static counts yajl_discovery(kube_str document)
{
    push_state s = { .c = { 0 } };

    s.c.failed = !yajl_run(&discovery_callbacks, &s, document);
    return s.c;
}

/* --- jansson ------------------------------------------------------------------------------------------------------ */

static void tree_walk(json_t *value, counts *c)
{
    const char *key;
    json_t *item;
    size_t i;

    c->tokens++;
    if (json_is_string(value)) {
        count_text(c, json_string_length(value));
    } else if (json_is_array(value)) {
        c->tokens++;
        json_array_foreach(value, i, item)
            tree_walk(item, c);
    } else if (json_is_object(value)) {
        c->tokens++;
        json_object_foreach(value, key, item) {
            c->tokens++;
            count_text(c, strlen(key));
            tree_walk(item, c);
        }
    }
}

static counts jansson_walk(kube_str document)
{
    json_t *root = json_loadb(document.data, document.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    counts c = { 0 };

    c.failed = root == NULL;
    if (root != NULL)
        tree_walk(root, &c);
    json_decref(root);
    return c;
}

static void tree_text(json_t *object, const char *key, counts *c)
{
    json_t *text = json_object_get(object, key);

    if (text != NULL)
        count_text(c, json_string_length(text));
}

static void tree_texts(json_t *list, counts *c, size_t *n)
{
    json_t *text;
    size_t i;

    json_array_foreach(list, i, text) {
        count_text(c, json_string_length(text));
        ++*n;
    }
}

static void tree_kind(json_t *object, counts *c)
{
    json_t *kind = json_object_get(object, "responseKind");

    tree_text(kind, "group", c);
    tree_text(kind, "version", c);
    tree_text(kind, "kind", c);
}

static void tree_resource(json_t *resource, counts *c)
{
    const char *scope = json_string_value(json_object_get(resource, "scope"));
    json_t *sub;
    size_t i;

    c->resources++;
    tree_text(resource, "resource", c);
    tree_text(resource, "singularResource", c);
    tree_kind(resource, c);
    c->namespaced += scope != NULL && strcmp(scope, "Namespaced") == 0;
    tree_texts(json_object_get(resource, "verbs"), c, &c->verbs);
    tree_texts(json_object_get(resource, "shortNames"), c, &c->names);
    tree_texts(json_object_get(resource, "categories"), c, &c->names);
    json_array_foreach(json_object_get(resource, "subresources"), i, sub) {
        c->subresources++;
        tree_text(sub, "subresource", c);
        tree_kind(sub, c);
        tree_texts(json_object_get(sub, "verbs"), c, &c->verbs);
    }
}

static counts jansson_discovery(kube_str document)
{
    json_t *root = json_loadb(document.data, document.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_t *group, *version, *resource;
    size_t i, j, k;
    counts c = { .failed = root == NULL };

    json_array_foreach(json_object_get(root, "items"), i, group) {
        c.groups++;
        tree_text(json_object_get(group, "metadata"), "name", &c);
        json_array_foreach(json_object_get(group, "versions"), j, version) {
            c.versions++;
            tree_text(version, "version", &c);
            tree_text(version, "freshness", &c);
            json_array_foreach(json_object_get(version, "resources"), k, resource)
                tree_resource(resource, &c);
        }
    }
    json_decref(root);
    return c;
}

/* --- measuring ---------------------------------------------------------------------------------------------------- */

typedef counts job_fn(kube_str document);

typedef struct job {
    const char *name;
    job_fn     *run[CONTENDERS];
} job;

static const char *const contenders[CONTENDERS] = { "libkube", "yajl", "jansson" };
static const job jobs[] = {
    { "walk", { kube_walk, yajl_walk, jansson_walk } },
    { "discovery", { kube_discovery, yajl_discovery, jansson_discovery } },
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool answers_agree(const job *j, kube_str document)
{
    counts first = j->run[0](document);
    bool agree = true;

    for (size_t i = 0; i < CONTENDERS; i++) {
        counts c = j->run[i](document);

        agree = agree && c.failed == 0 && memcmp(&c, &first, sizeof c) == 0;
        fprintf(stderr, "%s, %s: %s%zu tokens, %zu strings with %zu bytes, %zu groups, %zu versions, %zu resources\n",
                j->name, contenders[i], c.failed != 0 ? "FAILED, " : "", c.tokens, c.strings, c.string_bytes, c.groups,
                c.versions, c.resources);
    }
    return agree;
}

static void measure(const job *j, kube_str document, size_t rounds, FILE *json)
{
    static double seconds[CONTENDERS][MAX_ROUNDS], median[CONTENDERS];

    for (size_t round = 0; round < rounds + WARM_UP_ROUNDS; round++)
        for (size_t i = 0; i < CONTENDERS; i++) {
            double begin = now_s();

            j->run[i](document);
            if (round >= WARM_UP_ROUNDS)
                seconds[i][round - WARM_UP_ROUNDS] = now_s() - begin;
        }
    for (size_t i = 0; i < CONTENDERS; i++) {
        qsort(seconds[i], rounds, sizeof(double), by_value);
        median[i] = seconds[i][rounds / 2];
    }
    for (size_t i = 0; i < CONTENDERS; i++) {
        double mb_per_s = (double)document.len / median[i] / 1e6;

        printf("%-10s %-8s %9.1f us %8.1f MB/s %6.2f x yajl\n", j->name, contenders[i], median[i] * 1e6, mb_per_s,
               median[1] / median[i]);
        if (json != NULL)
            fprintf(json,
                   "{\"bench\":\"json\",\"job\":\"%s\",\"reader\":\"%s\",\"bytes\":%zu,\"rounds\":%zu,"
                   "\"median_us\":%.1f,\"mb_per_s\":%.1f,\"ratio_to_yajl\":%.3f}\n",
                   j->name, contenders[i], document.len, rounds, median[i] * 1e6, mb_per_s, median[1] / median[i]);
    }
}

/* The whole file, in memory the process never gives back. */
static bool read_file(const char *path, kube_str *out)
{
    FILE *f = fopen(path, "rb");
    char *data = malloc(MAX_DOCUMENT_BYTES);

    if (f == NULL || data == NULL)
        return false;
    *out = kube_str_n(data, fread(data, 1, MAX_DOCUMENT_BYTES, f));
    fclose(f);
    return true;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    size_t rounds = DEFAULT_ROUNDS;
    FILE *json = NULL; /* a line for each figure; closed by the end of the process */
    bool agree = true;
    kube_str document;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
            json = fopen(argv[++i], "a");
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            rounds = (size_t)strtoul(argv[++i], NULL, 10);
        else
            path = argv[i];
    }
    if (path == NULL || rounds == 0 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: bench_json [--json FILE] [--rounds N] DOCUMENT\n");
        return 2;
    }
    if (!read_file(path, &document)) {
        perror(path);
        return 2;
    }
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        agree = answers_agree(&jobs[i], document) && agree;
    if (!agree) {
        fputs("the answers differ\n", stderr);
        return 1;
    }
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        measure(&jobs[i], document, rounds, json);
    return 0;
}
