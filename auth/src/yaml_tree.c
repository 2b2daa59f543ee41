/* Building the tree from libyaml's events: reading stops at the first event past a ceiling. */
#include "yaml_tree.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>
#include <yaml.h>

typedef struct frame {
    kube__yaml_node       *node;
    const kube__yaml_node *key; /* of a mapping: its value comes next */
    const char            *anchor;
} frame;

typedef struct anchor {
    const char            *name;
    const kube__yaml_node *node;
} anchor;

typedef struct builder {
    yaml_parser_t          parser;
    kube__pool            *pool;
    const char            *name;
    const kube__yaml_node *root;
    frame                  stack[KUBE__YAML_MAX_DEPTH];
    size_t                 depth;
    anchor                 anchors[KUBE__YAML_MAX_ANCHORS];
    size_t                 anchor_count;
    size_t                 node_count;
    bool                   ended;
    kube_error           **err;
} builder;

/* A kubeconfig is far from 2^32 lines. */
static unsigned one_based(size_t n)
{
    return (unsigned)n + 1;
}

static kube_status fail(const builder *b, kube_status status, yaml_mark_t mark, const char *why)
{
    return kube_error_set(b->err, status, "%s:%u:%u: %s", b->name, one_based(mark.line), one_based(mark.column), why);
}

static kube_status parser_failure(const builder *b)
{
    const yaml_parser_t *p = &b->parser;

    if (p->error == YAML_MEMORY_ERROR)
        return kube_error_no_memory(b->err);
    if (p->error == YAML_READER_ERROR)
        return kube_error_set(b->err, KUBE_ERR_CONFIG, "%s: not valid YAML: %s at byte %zu", b->name,
                              p->problem != NULL ? p->problem : "unreadable text", p->problem_offset);
    return kube_error_set(b->err, KUBE_ERR_CONFIG, "%s:%u:%u: not valid YAML: %s", b->name,
                          one_based(p->problem_mark.line), one_based(p->problem_mark.column),
                          p->problem != NULL ? p->problem : "syntax error");
}

static kube__yaml_node *new_node(builder *b, kube__yaml_kind kind, yaml_mark_t mark, kube_status *st)
{
    kube__yaml_node *node = NULL;

    if (++b->node_count > KUBE__YAML_MAX_NODES)
        *st = fail(b, KUBE_ERR_LIMIT, mark, "the document has too many values");
    else if ((node = kube__pool_alloc(b->pool, sizeof *node)) == NULL)
        *st = kube_error_no_memory(b->err);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->line = one_based(mark.line);
    node->column = one_based(mark.column);
    return node;
}

/* A key must be a scalar, and "<<" would change the meaning of what we take for a plain field. */
static kube_status check_key(const builder *b, const kube__yaml_node *key, yaml_mark_t mark)
{
    if (key->kind == KUBE__YAML_LIST || key->kind == KUBE__YAML_MAP)
        return fail(b, KUBE_ERR_CONFIG, mark, "a list or a mapping cannot be a key");
    if (kube_str_is(key->text, "<<"))
        return fail(b, KUBE_ERR_UNSUPPORTED, mark, "merge keys (<<) are not supported");
    return KUBE_OK;
}

static kube_status attach(builder *b, const kube__yaml_node *node, yaml_mark_t mark)
{
    frame *top = b->depth != 0 ? &b->stack[b->depth - 1] : NULL;
    kube__yaml_item *item;

    if (top == NULL) {
        b->root = node;
        return KUBE_OK;
    }
    if (top->node->kind == KUBE__YAML_MAP && top->key == NULL) {
        top->key = node;
        return check_key(b, node, mark);
    }
    item = kube__pool_alloc(b->pool, sizeof *item);
    if (item == NULL)
        return kube_error_no_memory(b->err);
    item->key = top->key;
    item->value = node;
    top->key = NULL;
    if (top->node->last != NULL)
        top->node->last->next = item;
    else
        top->node->first = item;
    top->node->last = item;
    top->node->count++;
    return KUBE_OK;
}

static kube_status copy_anchor(builder *b, const yaml_char_t *name, const char **out)
{
    if (name == NULL)
        return KUBE_OK;
    *out = kube__pool_strndup(b->pool, kube_str_c((const char *)name));
    return *out != NULL ? KUBE_OK : kube_error_no_memory(b->err);
}

/* Only when a node is complete: an alias inside it then finds nothing, and no node can contain itself. */
static kube_status remember_anchor(builder *b, const char *name, const kube__yaml_node *node, yaml_mark_t mark)
{
    if (name == NULL)
        return KUBE_OK;
    if (b->anchor_count == KUBE__YAML_MAX_ANCHORS)
        return fail(b, KUBE_ERR_LIMIT, mark, "the document has too many anchors");
    b->anchors[b->anchor_count++] = (anchor){ name, node };
    return KUBE_OK;
}

static kube_status on_alias(builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;

    if (++b->node_count > KUBE__YAML_MAX_NODES)
        return fail(b, KUBE_ERR_LIMIT, event->start_mark, "the document has too many values");
    for (size_t i = b->anchor_count; i-- > 0;) {
        if (strcmp(b->anchors[i].name, name) == 0)
            return attach(b, b->anchors[i].node, event->start_mark);
    }
    return fail(b, KUBE_ERR_CONFIG, event->start_mark, "an alias without an anchor before it");
}

static kube_status on_scalar(builder *b, const yaml_event_t *event)
{
    kube_str text = kube_str_n((const char *)event->data.scalar.value, event->data.scalar.length);
    const char *name = NULL;
    kube_status st = KUBE_OK;
    kube__yaml_node *node = new_node(b, KUBE__YAML_STRING, event->start_mark, &st);

    if (node == NULL)
        return st;
    node->text = kube_str_n(kube__pool_strndup(b->pool, text), text.len);
    if (node->text.data == NULL)
        return kube_error_no_memory(b->err);
    if (!kube__yaml_resolve(node, (const char *)event->data.scalar.tag,
                            event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE))
        return fail(b, KUBE_ERR_UNSUPPORTED, event->start_mark,
                    "a tag that is not supported, or does not fit its value");
    st = copy_anchor(b, event->data.scalar.anchor, &name);
    if (st == KUBE_OK)
        st = remember_anchor(b, name, node, event->start_mark);
    return st == KUBE_OK ? attach(b, node, event->start_mark) : st;
}

static kube_status on_open(builder *b, kube__yaml_kind kind, const yaml_char_t *anchor_name, yaml_mark_t mark)
{
    kube_status st = KUBE_OK;
    kube__yaml_node *node;
    frame opened = { NULL, NULL, NULL };

    if (b->depth == KUBE__YAML_MAX_DEPTH)
        return fail(b, KUBE_ERR_LIMIT, mark, "the document is nested too deeply");
    node = new_node(b, kind, mark, &st);
    if (node != NULL)
        st = attach(b, node, mark);
    if (st == KUBE_OK)
        st = copy_anchor(b, anchor_name, &opened.anchor);
    if (st == KUBE_OK) {
        opened.node = node;
        b->stack[b->depth++] = opened;
    }
    return st;
}

static kube_status on_close(builder *b, yaml_mark_t mark)
{
    const frame *top = &b->stack[--b->depth];

    return remember_anchor(b, top->anchor, top->node, mark);
}

static kube_status on_event(builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, KUBE__YAML_LIST, event->data.sequence_start.anchor, event->start_mark);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, KUBE__YAML_MAP, event->data.mapping_start.anchor, event->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(b, event->start_mark);
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        b->ended = true;
        return KUBE_OK;
    default:
        return KUBE_OK;
    }
}

static kube_status build(builder *b)
{
    kube_status st = KUBE_OK;

    while (st == KUBE_OK && !b->ended) {
        yaml_event_t event;

        if (yaml_parser_parse(&b->parser, &event) == 0)
            return parser_failure(b);
        st = on_event(b, &event);
        if (event.type == YAML_SCALAR_EVENT)
            kube__wipe(event.data.scalar.value, event.data.scalar.length);
        yaml_event_delete(&event);
    }
    return st;
}

kube_status kube__yaml_parse(kube_str text, const char *name, kube__pool *pool, const kube__yaml_node **out,
                             kube_error **err)
{
    kube_status st;
    builder *b;

    if (KUBE__NEW(b) == NULL)
        return kube_error_no_memory(err);
    b->pool = pool;
    b->name = name;
    b->err = err;
    if (yaml_parser_initialize(&b->parser) == 0) {
        kube__free(b);
        return kube_error_no_memory(err);
    }
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)(text.data != NULL ? text.data : ""), text.len);
    st = build(b);
    yaml_parser_delete(&b->parser);
    if (st == KUBE_OK)
        *out = b->root;
    kube__free(b);
    return st;
}

const kube__yaml_node *kube__yaml_get(const kube__yaml_node *map, const char *key)
{
    const kube__yaml_node *found = NULL;

    if (map->kind != KUBE__YAML_MAP)
        return NULL;
    for (const kube__yaml_item *item = map->first; item != NULL; item = item->next) {
        if (kube_str_is(item->key->text, key))
            found = item->value;
    }
    return found != NULL && found->kind != KUBE__YAML_NULL ? found : NULL;
}

const char *kube__yaml_kind_name(kube__yaml_kind kind)
{
    static const char *const names[] = { "nothing", "a boolean", "a number", "a string", "a list", "a mapping" };

    return names[kind];
}
