/* Texts and lists of texts, each kept once: also where hashes are equal, memory runs out, or there are too many. */
#include "discovery_fixture.h"
#include "hash.h"
#include "intern.h"

enum { TRIED = 400000, SEED = 1, TEXT_BYTES = 32 };

/* So that the same ones collide each time. */
static void init(kube__intern *in)
{
    kube__intern_init(in);
    in->seed = SEED;
}

static size_t make_text(uint32_t i, char text[TEXT_BYTES])
{
    return (size_t)snprintf(text, TEXT_BYTES, i % 2 == 0 ? "%x" : "text-%x", i);
}

static size_t make_list(uint32_t i, kube__text texts[2])
{
    texts[0] = i / 2;
    texts[1] = 0;
    return i % 2 == 0 ? 1 : 2;
}

static uint32_t hash_of_text(uint32_t i)
{
    char text[TEXT_BYTES];
    size_t len = make_text(i, text);

    return (uint32_t)kube__hash(SEED, text, len);
}

static uint32_t hash_of_list(uint32_t i)
{
    kube__text texts[2];
    size_t count = make_list(i, texts);

    return (uint32_t)kube__hash(SEED, texts, count * sizeof *texts);
}

typedef struct hashed {
    uint32_t hash, i;
} hashed;

static int by_hash(const void *a, const void *b)
{
    const hashed *x = a, *y = b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x->i < y->i ? -1 : 1);
}

/* Calls back with each two of one hash, of which there are some among so many. */
static void for_each_collision(uint32_t (*hash)(uint32_t i), void (*check)(uint32_t a, uint32_t b))
{
    hashed *all = malloc(TRIED * sizeof *all);
    size_t found = 0;

    assert_non_null(all);
    for (uint32_t i = 0; i < TRIED; i++)
        all[i] = (hashed){ hash(i), i };
    qsort(all, TRIED, sizeof *all, by_hash);
    for (size_t i = 1; i < TRIED; i++) {
        if (all[i].hash != all[i - 1].hash)
            continue;
        check(all[i - 1].i, all[i].i);
        check(all[i].i, all[i - 1].i);
        found++;
    }
    free(all);
    assert_in_range(found, 1, 1000);
}

/* With others behind the first one, and without. */
static void check_texts(uint32_t a, uint32_t b)
{
    char text_a[TEXT_BYTES], text_b[TEXT_BYTES];
    kube_str str_a, str_b;

    str_a = kube_str_n(text_a, make_text(a, text_a));
    str_b = kube_str_n(text_b, make_text(b, text_b));
    for (int others = 0; others <= 1; others++) {
        kube__intern in;
        kube__text first, second;

        init(&in);
        first = kube__intern_text(&in, str_a);
        if (others)
            (void)kube__intern_text(&in, kube_str_c("something else that is quite long"));
        second = kube__intern_text(&in, str_b);
        assert_int_not_equal(first, second);
        assert_string_equal(kube__intern_get(&in, first), text_a);
        assert_string_equal(kube__intern_get(&in, second), text_b);
        assert_int_equal(kube__intern_text(&in, str_a), first);
        assert_int_equal(kube__intern_text(&in, str_b), second);
        kube__intern_clear(&in);
    }
}

static void texts_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    for_each_collision(hash_of_text, check_texts);
}

static void check_lists(uint32_t a, uint32_t b)
{
    kube__text texts_a[2], texts_b[2];
    size_t count_a = make_list(a, texts_a), count_b = make_list(b, texts_b);
    kube__intern in;
    kube__text_list first, second;

    init(&in);
    first = kube__intern_list(&in, texts_a, count_a);
    second = kube__intern_list(&in, texts_b, count_b);
    assert_int_not_equal(first, second);
    assert_int_equal(in.lists[first], count_a);
    assert_int_equal(in.lists[second], count_b);
    assert_memory_equal(in.lists + second + 1, texts_b, count_b * sizeof *texts_b);
    assert_int_equal(kube__intern_list(&in, texts_a, count_a), first);
    assert_int_equal(kube__intern_list(&in, texts_b, count_b), second);
    kube__intern_clear(&in);
}

static void lists_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    for_each_collision(hash_of_list, check_lists);
}

/* Nothing says more after the first failure. */
static void expect_useless(kube__intern *in, kube_status why)
{
    kube__text one = 0;

    assert_int_equal(in->failure, why);
    assert_int_equal(kube__intern_text(in, kube_str_c("x")), KUBE__TEXT_FAILED);
    assert_int_equal(kube__intern_list(in, &one, 1), KUBE__TEXT_FAILED);
}

static void more_lists_than_any_cluster_has_are_refused(void **state)
{
    enum { COUNT = 1 << 20, WORDS = 16 << 20 };
    kube__text *texts = calloc(COUNT, sizeof *texts);
    kube__text_list list = 0;
    kube__intern in;
    uint32_t added = 0;

    (void)state;
    assert_non_null(texts);
    init(&in);
    for (; list != KUBE__TEXT_FAILED && added < 2 * WORDS / COUNT; added++) {
        texts[0] = added;
        list = kube__intern_list(&in, texts, COUNT);
    }
    assert_int_equal(added, WORDS / COUNT); /* the words that count them are too many */
    expect_useless(&in, KUBE_ERR_LIMIT);
    kube__intern_clear(&in);
    free(texts);
}

static void each_allocation_may_fail(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        char large[32 << 10];
        kube__text texts[400] = { 0 }, text;
        kube__text_list list;
        kube__intern in;

        memset(large, 'x', sizeof large);
        alloc_trace_fail_at(n);
        init(&in);
        text = kube__intern_text(&in, kube_str_n(large, sizeof large));
        list = kube__intern_list(&in, texts, COUNT_OF(texts));
        reached = alloc_trace_stop();
        if (reached) {
            expect_useless(&in, KUBE_ERR_OUT_OF_MEMORY);
        } else {
            assert_int_equal(in.failure, KUBE_OK);
            assert_memory_equal(kube__intern_get(&in, text), large, sizeof large);
            assert_int_equal(in.lists[list], COUNT_OF(texts));
            assert_true(n > 4);
        }
        kube__intern_clear(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(texts_of_one_hash_are_told_apart),
        ALLOC_TRACE_TEST(lists_of_one_hash_are_told_apart),
        ALLOC_TRACE_TEST(more_lists_than_any_cluster_has_are_refused),
        ALLOC_TRACE_TEST(each_allocation_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
