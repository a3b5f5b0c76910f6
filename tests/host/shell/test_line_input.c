/* Lines from a console that hands out what the test has written down: keys, pauses, losses. */
#include "support.h"

#include <string.h>

#include <console/console.h>
#include <shell/line_input.h>

#include "terminal.h"

/* What comes over the line. '~' is a short pause, '^' a long one; '!' marks the next key as doubtful. */
static const char *script;
static unsigned empty_reads, waits;
static struct terminal terminal;
static struct line_history history;
static struct line line;

enum { SHORT = 60000, LONG = 310000 }; /* reads that find nothing */

int con_read(void)
{
    int mark = 0;
    unsigned pause = *script == '~' ? SHORT : *script == '^' ? LONG : 0;
    if (empty_reads++ < pause)
        return -1;
    if (pause > 0)
        script++;
    empty_reads = 0;
    if (*script == '!') {
        mark = CON_DOUBTFUL;
        script++;
    }
    assert_int_not_equal(*script, '\0');
    return (unsigned char)*script++ | mark;
}

void con_wait(void)
{
    waits++;
    empty_reads = LONG;
}

static size_t complete(void *context, const char *text, size_t cursor, const struct line_offers *offers)
{
    (void)context, (void)text, (void)cursor;
    offers->take(offers->context, "mem", 3, ' ');
    return 0;
}

static enum line_status read_from(const char *keys)
{
    script = keys;
    empty_reads = waits = 0;
    return line_input(&line);
}

static int setup(void **state)
{
    (void)state;
    terminal_clear(&terminal, 80, true);
    line = (struct line){.out = {.write = terminal_write, .context = &terminal},
                         .prompt = "kfit> ",
                         .history = &history,
                         .complete = complete};
    return 0;
}

static void lines_and_pauses(void **state)
{
    (void)state;
    assert_int_equal(read_from("m^a~p^\r"), LINE_READ);
    assert_string_equal(line.text, "map");
    assert_int_equal(waits, 2);
    assert_int_equal(read_from("\nstats\r"), LINE_READ);
    assert_string_equal(line.text, "stats");
    assert_int_equal(waits, 0);
    assert_int_equal(read_from("^\004"), LINE_END);
}

static void a_pause_makes_the_difference(void **state)
{
    (void)state;
    assert_int_equal(read_from("m\t~\r"), LINE_READ);
    assert_string_equal(line.text, "mem ");
    assert_int_equal(read_from("m\tx\r"), LINE_READ);
    assert_string_equal(line.text, "m x");
    assert_int_equal(read_from("ab\033~[D\r"), LINE_READ);
    assert_string_equal(line.text, "ab[D");
    assert_int_equal(read_from("ab\033[Dx\r"), LINE_READ);
    assert_string_equal(line.text, "axb");
}

/* A line longer than its row: faltering does not show it, resting does. */
static void a_long_line(void **state)
{
    char keys[300] = "^";
    (void)state;
    memset(keys + 1, 'x', 100);
    strcpy(keys + 101, "~x~xx\r");
    size_t before = terminal.written;
    assert_int_equal(read_from(keys), LINE_READ);
    assert_int_equal(terminal.written - before, 6 + 103 + 1);
    strcpy(keys + 101, "~x^xx\r");
    before = terminal.written;
    assert_int_equal(read_from(keys), LINE_READ);
    assert_true(terminal.written - before > 6 + 103 + 1 + 30);
}

static void losses(void **state)
{
    (void)state;
    assert_int_equal(read_from("me!m\r"), LINE_LOST_INPUT);
    assert_int_equal(read_from("mem!\r"), LINE_LOST_INPUT);
    assert_int_equal(read_from("mem\r"), LINE_READ);
    assert_int_equal(read_from("!\004"), LINE_END);
    assert_true(line.in_doubt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_and_pauses, setup),
        cmocka_unit_test_setup(a_pause_makes_the_difference, setup),
        cmocka_unit_test_setup(a_long_line, setup),
        cmocka_unit_test_setup(losses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
