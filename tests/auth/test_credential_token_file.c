#include "../../rest/src/plugins.h"
#include "alloc_trace.h"
#include "cmocka_all.h"
#include "credentials.h"
#include "fake_clock.h"
#include "fake_host.h"

#include <sys/wait.h>
#include <unistd.h>

typedef struct setup {
    fake_host        fake;
    fake_clock       clock;
    fake_file       *file;
    kube_logger      logger;
    kube_io         *io;
    kube_credential *credential;
    int              warnings;
} setup;

static void count_warning(void *user, kube_log_level level, const char *message)
{
    setup *s = user;

    (void)level;
    (void)message;
    s->warnings++;
}

static void begin(setup *s, const char *text)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;

    memset(s, 0, sizeof *s);
    fake_host_init(&s->fake);
    fake_clock_init(&s->clock);
    s->file = fake_host_add(&s->fake, "/t", text);
    s->logger = (kube_logger){ count_warning, s, KUBE_LOG_WARNING };
    opts.clock = &s->clock.clock;
    assert_int_equal(kube_io_new(&opts, &s->io, NULL), KUBE_OK);
    assert_int_equal(kube__credential_token_file_new(&s->fake.host, &s->logger, "/t", NULL, &s->credential, NULL),
                     KUBE_OK);
    s->file->opened = 0;
}

static void end(setup *s)
{
    kube_credential_unref(s->credential);
    kube_io_free(s->io);
    assert_int_equal(s->fake.open_count, 0);
}

static void assert_header(setup *s, const char *expected)
{
    kube_blob *header = NULL;

    assert_int_equal(kube__credential_authorization(s->credential, s->io, NULL, NULL, NULL, &header, NULL), KUBE_OK);
    if (!kube_str_is(kube_blob_str(header), expected))
        fail_msg("%s instead of %s", kube_blob_str(header).data, expected);
    kube_blob_unref(header);
}

static void the_file_is_read_again_after_fifty_seconds_and_only_for_a_request(void **state)
{
    setup s;

    (void)state;
    begin(&s, "one\n");
    assert_header(&s, "Bearer one");
    s.file->text = "two";
    fake_clock_advance(&s.clock, 50000);
    assert_header(&s, "Bearer one");
    assert_int_equal(s.file->opened, 1);
    fake_clock_advance(&s.clock, 1);
    assert_header(&s, "Bearer two");
    fake_clock_advance(&s.clock, 3600000);
    assert_int_equal(s.file->opened, 2);
    end(&s);
}

static void the_old_token_stays_while_the_file_cannot_be_read(void **state)
{
    setup s;

    (void)state;
    begin(&s, "one");
    assert_header(&s, "Bearer one");
    fake_clock_advance(&s.clock, 60000);
    s.file->open_errno = EACCES;
    assert_header(&s, "Bearer one");
    s.file->open_errno = 0;
    s.file->text = " \n";
    assert_header(&s, "Bearer one");
    assert_int_equal(s.file->opened, 3);
    assert_int_equal(s.warnings, 1);
    s.file->text = "two";
    assert_header(&s, "Bearer two");
    fake_clock_advance(&s.clock, 60000);
    s.file->read_errno = EIO;
    assert_header(&s, "Bearer two");
    assert_int_equal(s.warnings, 2);
    end(&s);
}

static void white_space_around_the_token_is_cut_off(void **state)
{
    setup s;

    (void)state;
    begin(&s, " \t\r\n a b \v\f\n");
    assert_header(&s, "Bearer a b");
    end(&s);
}

static void a_refused_token_is_not_forgotten(void **state)
{
    setup s;
    kube_blob *header = NULL;

    (void)state;
    begin(&s, "one");
    assert_int_equal(kube__credential_authorization(s.credential, s.io, NULL, NULL, NULL, &header, NULL), KUBE_OK);
    kube__credential_unauthorized(s.credential, header);
    kube_blob_unref(header);
    assert_header(&s, "Bearer one");
    assert_int_equal(s.file->opened, 1);
    end(&s);
}

/* As that of another loop may be: then it is not known how old the value is. */
static void on_a_clock_that_is_behind_the_file_is_read_again(void **state)
{
    setup s;

    (void)state;
    begin(&s, "one");
    assert_header(&s, "Bearer one");
    s.file->text = "two";
    fake_clock_advance(&s.clock, -1);
    assert_header(&s, "Bearer two");
    assert_int_equal(s.file->opened, 2);
    end(&s);
}

static void in_a_forked_child_the_credential_is_refused(void **state)
{
    setup s;
    pid_t pid;
    int status = -1;

    (void)state;
    begin(&s, "one");
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        kube_blob *header = NULL;
        kube_status st = kube__credential_authorization(s.credential, s.io, NULL, NULL, NULL, &header, NULL);

        _exit(st == KUBE_ERR_FORKED && header == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_header(&s, "Bearer one");
    end(&s);
}

static void a_file_that_is_no_token_makes_no_credential(void **state)
{
    static const char *const cases[][2] = {
        { "", "the token file: /t is empty" },
        { " \n", "the token file: /t is empty" },
        { "a\nb", "the token file: /t holds a byte that cannot be sent in a header" },
        { "a\x7f", "the token file: /t holds a byte that cannot be sent in a header" },
        { "\xc3\xa9", "the token file: /t holds a byte that cannot be sent in a header" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_host fake;
        kube_logger logger = { NULL, NULL, KUBE_LOG_WARNING };
        kube_credential *credential = NULL;
        kube_error *err = NULL;

        fake_host_init(&fake);
        fake_host_add(&fake, "/t", cases[i][0]);
        assert_int_equal(kube__credential_token_file_new(&fake.host, &logger, "/t", NULL, &credential, &err),
                         KUBE_ERR_CONFIG);
        assert_string_equal(kube_error_message(err), cases[i][1]);
        assert_null(credential);
        kube_error_free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_file_is_read_again_after_fifty_seconds_and_only_for_a_request),
        ALLOC_TRACE_TEST(the_old_token_stays_while_the_file_cannot_be_read),
        ALLOC_TRACE_TEST(white_space_around_the_token_is_cut_off),
        ALLOC_TRACE_TEST(a_refused_token_is_not_forgotten),
        ALLOC_TRACE_TEST(on_a_clock_that_is_behind_the_file_is_read_again),
        ALLOC_TRACE_TEST(in_a_forked_child_the_credential_is_refused),
        ALLOC_TRACE_TEST(a_file_that_is_no_token_makes_no_credential),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
