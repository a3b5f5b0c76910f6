/* The record writer: forms, escapes, nesting, cutting, and a record that would be too long. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lab/json.h>

#include "support.h"

static char text[2 * LAB_RECORD_MAX];
static struct lab_buffer buffer;
static struct lab_sink sink;
static struct lab_json json;

static void begin(void)
{
    memset(text, 'x', sizeof text);
    memset(&json, 0xA5, sizeof json);
    sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_json_begin(&json, &sink, "t");
}

/* Ends the record and demands what lies between the first keys and the end. */
static void expect(const char *body)
{
    static const char head[] = "@kfit {\"schema\":\"kfit/1\",\"type\":\"t\"";
    lab_json_end(&json);
    assert_memory_equal(text, head, sizeof head - 1);
    assert_string_equal(text + buffer.length - 2, "}\n");
    text[buffer.length - 2] = '\0';
    assert_string_equal(text + sizeof head - 1, body);
    assert_int_equal(json.written, buffer.length);
}

static void empty_record(void **state)
{
    (void)state;
    begin();
    expect("");
}

static void values_of_each_kind(void **state)
{
    (void)state;
    begin();
    lab_json_text(&json, "a", "b");
    lab_json_number(&json, "zero", 0);
    lab_json_number(&json, "most", UINT64_MAX);
    lab_json_signed(&json, "least", INT64_MIN);
    lab_json_signed(&json, "plus", INT64_MAX);
    lab_json_bool(&json, "yes", true);
    lab_json_bool(&json, "no", false);
    expect(",\"a\":\"b\",\"zero\":0,\"most\":18446744073709551615,\"least\":-9223372036854775808,"
           "\"plus\":9223372036854775807,\"yes\":true,\"no\":false");
}

static void nested_values(void **state)
{
    (void)state;
    begin();
    lab_json_open_array(&json, "none");
    lab_json_close_array(&json);
    lab_json_open_array(&json, "list");
    lab_json_number(&json, NULL, 1);
    lab_json_text(&json, NULL, "two");
    lab_json_close_array(&json);
    lab_json_open_object(&json, "o");
    lab_json_open_object(&json, "p");
    lab_json_close_object(&json);
    lab_json_number(&json, "q", 3);
    lab_json_close_object(&json);
    lab_json_bool(&json, "r", true);
    expect(",\"none\":[],\"list\":[1,\"two\"],\"o\":{\"p\":{},\"q\":3},\"r\":true");
}

static void bytes_that_need_an_escape(void **state)
{
    (void)state;
    begin();
    lab_json_text(&json, "k", "\"\\\n\t\x01 ~/\x7f\x80\xff");
    expect(",\"k\":\"\\\"\\\\\\u000a\\u0009\\u0001 ~/\\u007f\\u0080\\u00ff\"");
}

static void long_text_that_fits(void **state)
{
    (void)state;
    static const char unended[4] = {'a', '\0', '"', 'b'};
    begin();
    lab_json_long_text(&json, "k", unended, 4, 10); /* a, \u0000, \", b: ten bytes */
    expect(",\"k\":\"a\\u0000\\\"b\"");
}

/* An escape is never cut in two, and nothing follows the first character that had no room. */
static void long_text_that_is_cut(void **state)
{
    (void)state;
    begin();
    lab_json_long_text(&json, "k", "ab\ncd", 5, 7);
    lab_json_long_text(&json, "l", "abc", 3, 2);
    lab_json_long_text(&json, "m", "a", 1, 0);
    lab_json_long_text(&json, "n", "", 0, 0);
    expect(",\"k\":\"ab\",\"k_cut\":true,\"l\":\"ab\",\"l_cut\":true,\"m\":\"\",\"m_cut\":true,\"n\":\"\"");
}

/* Fills a record up to LAB_RECORD_MAX + surplus bytes. */
static void fill(size_t surplus)
{
    static char most[LAB_RECORD_MAX];
    begin();
    size_t room = LAB_RECORD_MAX - json.written - strlen(",\"k\":\"\"") - strlen("}\n") + surplus;
    memset(most, 'm', room);
    lab_json_long_text(&json, "k", most, room, LAB_RECORD_MAX);
    lab_json_end(&json);
}

static void longest_record(void **state)
{
    (void)state;
    fill(0);
    assert_int_equal(buffer.length, LAB_RECORD_MAX);
    assert_string_equal(text + LAB_RECORD_MAX - 4, "m\"}\n");
}

static void longer_record_is_an_assertion(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        fill(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_record),        cmocka_unit_test(values_of_each_kind),
        cmocka_unit_test(nested_values),       cmocka_unit_test(bytes_that_need_an_escape),
        cmocka_unit_test(long_text_that_fits), cmocka_unit_test(long_text_that_is_cut),
        cmocka_unit_test(longest_record),      cmocka_unit_test(longer_record_is_an_assertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
