/* The command line's tokenizer: each line with exactly the words it gives, in buffers of their exact size. */
#include "support.h"

#include <stdio.h>

#include "../../fuzz/fuzz_cmdline.c"

/* The words of a line as one text: <key|value> for a word, {what:text} for a wrong one. */
struct line_case {
    const char *name, *line, *words;
};

static const struct line_case cases[] = {
    /* blanks */
    {"empty line", "", ""},
    {"one blank", " ", ""},
    {"blanks and tabs alone", " \t  \t", ""},
    {"one word", "a=1", "<a|1>"},
    {"blanks around", "  a=1  ", "<a|1>"},
    {"two words", "a=1 b=2", "<a|1><b|2>"},
    {"many blanks between", "a=1    b=2", "<a|1><b|2>"},
    {"tab between", "a=1\tb=2", "<a|1><b|2>"},
    {"tabs and blanks between", "a=1 \t \tb=2\t", "<a|1><b|2>"},
    {"three words", "run=none then=exit seed=7", "<run|none><then|exit><seed|7>"},
    {"same word twice: both are given", "a=1 a=1", "<a|1><a|1>"},
    /* key and value */
    {"empty value", "a=", "<a|>"},
    {"empty value between", "a= b=2", "<a|><b|2>"},
    {"value with =", "a=b=c", "<a|b=c>"},
    {"value is =", "a==", "<a|=>"},
    {"value with colons", "run=churn:ops=20000:size=16-512", "<run|churn:ops=20000:size=16-512>"},
    {"value with commas", "compare=first-fit,,bump", "<compare|first-fit,,bump>"},
    {"value of 20 digits", "seed=18446744073709551615", "<seed|18446744073709551615>"},
    {"negative value", "seed=-1", "<seed|-1>"},
    {"0x", "seed=0x", "<seed|0x>"},
    {"4G", "heap=4G", "<heap|4G>"},
    {"longer key is another key", "xheap=1M", "<xheap|1M>"},
    {"key with a prefix behind", "heapx=1M", "<heapx|1M>"},
    {"word in a value", "x=heap=1M", "<x|heap=1M>"},
    {"no value", "a", "{no value:a}"},
    {"no value, then a word", "a b=2", "{no value:a}<b|2>"},
    {"no key", "=1", "{no key:=1}"},
    {"no key, no value", "=", "{no key:=}"},
    {"no key, then a word", "=1 b=2", "{no key:=1}<b|2>"},
    {"blank before =", "a =1", "{no value:a}{no key:=1}"},
    {"blank behind =", "a= 1", "<a|>{no value:1}"},
    {"hash, dollar, semicolon, star", "a=#$;*", "<a|#$;*>"},
    {"all printable marks", "a=!#$%&()*+,-./:;<=>?@[]^_`{|}~", "<a|!#$%&()*+,-./:;<=>?@[]^_`{|}~>"},
    /* quotes */
    {"value in quotes", "k=\"a b\"", "<k|a b>"},
    {"whole word in quotes", "\"k=a b\"", "<k|a b>"},
    {"key in quotes", "\"k\"=1", "<k|1>"},
    {"= in quotes", "k\"=\"1", "<k|1>"},
    {"quotes inside a value", "k=a\" \"b", "<k|a b>"},
    {"quotes without need", "\"k=1\"", "<k|1>"},
    {"empty quotes as value", "k=\"\"", "<k|>"},
    {"empty quotes in a word", "k=\"\"1", "<k|1>"},
    {"empty quotes alone", "\"\"", "{no key:}"},
    {"empty quotes between words", "a=1 \"\" b=2", "<a|1>{no key:}<b|2>"},
    {"blank in quotes alone", "\" \"", "{no value: }"},
    {"word follows a closed quote", "\"k=a\"b", "<k|ab>"},
    {"two quoted parts", "k=\"a b\"\"c d\"", "<k|a bc d>"},
    {"two quoted words", "\"a=1 2\" \"b=3 4\"", "<a|1 2><b|3 4>"},
    {"tab in quotes", "\"k=a\tb\"", "<k|a\tb>"},
    {"blanks at the ends of quotes", "k=\" a \"", "<k| a >"},
    {"open quote", "k=\"a", "{open quote:k=a}"},
    {"open quote at the start", "\"k=a b", "{open quote:k=a b}"},
    {"open quote at the end", "k=a\"", "{open quote:k=a}"},
    {"open quote alone", "\"", "{open quote:}"},
    {"three quotes", "k=\"\"\"", "{open quote:k=}"},
    {"open quote swallows the rest", "k=\"a b=2 c=3", "{open quote:k=a b=2 c=3}"},
    {"word before an open quote", "a=1 b=\"2", "<a|1>{open quote:b=2}"},
    {"backslash hides the closing quote", "\"k=a\\\"", "{open quote:k=a\"}"},
    /* as GRUB passes them on */
    {"a variable's quotes group", "k=\\\"a b\\\"", "<k|a b>"},
    {"a variable's quotes around the word", "\\\"k=a b\\\"", "<k|a b>"},
    {"a variable's quotes without need", "run=\\\"none\\\" then=exit", "<run|none><then|exit>"},
    {"a variable's empty quotes", "k=\\\"\\\" a=1", "<k|><a|1>"},
    {"a variable's open quote", "k=\\\"a b", "{open quote:k=a b}"},
    {"quote as character", "\"k=a \\\"b\\\"\"", "<k|a \"b\">"},
    {"single quote as character", "\"k=\\\"\"", "<k|\">"},
    {"GRUB's quotes inside a variable's", "k=\\\"a \"b c\" d\\\"", "<k|a b c d>"},
    {"GRUB's closed, a variable's open", "k=\\\"a \"b\"", "{open quote:k=a b}"},
    {"apostrophe", "k=it\\'s", "<k|it's>"},
    {"apostrophe in quotes", "\"k=it\\'s ok\"", "<k|it's ok>"},
    {"plain apostrophes do not group", "k='a b'", "<k|'a>{no value:b'}"},
    {"backslash", "k=c:\\\\x", "<k|c:\\x>"},
    {"backslash in quotes", "\"k=a \\\\ b\"", "<k|a \\ b>"},
    {"two backslashes", "k=\\\\\\\\", "<k|\\\\>"},
    {"backslash, then a variable's quotes", "k=\\\\\\\"a b\\\"", "<k|\\a b>"},
    {"backslash closes before a quote", "\"k=a\\\\\" b=2", "<k|a\\><b|2>"},
    {"backslash before a letter", "k=\\n", "<k|\\n>"},
    {"hexadecimal form stays", "k=\\x41", "<k|\\x41>"},
    {"backslash before a blank", "k=a\\ b=2", "<k|a\\><b|2>"},
    {"backslash at the end", "k=a\\", "<k|a\\>"},
    {"backslash alone", "\\", "{no value:\\}"},
    {"escaped key", "\\\\k=1", "<\\k|1>"},
    /* bytes that are no text */
    {"byte 01", "a=\x01", "{bad byte:a=\\x01}"},
    {"byte 1F", "a=\x1F", "{bad byte:a=\\x1F}"},
    {"newline", "a=1\nb=2", "{bad byte:a=1\\x0Ab=2}"},
    {"carriage return", "a=1\r", "{bad byte:a=1\\x0D}"},
    {"escape", "a=\x1B[2J c=3", "{bad byte:a=\\x1B[2J}<c|3>"},
    {"byte 7E is the last", "a=~", "<a|~>"},
    {"byte 7F", "a=\x7F", "{bad byte:a=\\x7F}"},
    {"byte 80", "a=\x80", "{bad byte:a=\\x80}"},
    {"byte FF", "a=\xFF", "{bad byte:a=\\xFF}"},
    {"UTF-8", "a=\xC3\xA4", "{bad byte:a=\\xC3\\xA4}"},
    {"bad key", "\xE9=1 b=2", "{bad byte:\\xE9=1}<b|2>"},
    {"bad byte in quotes", "\"a=\x02 b\" c=3", "{bad byte:a=\\x02 b}<c|3>"},
    {"bad byte in an open quote", "\"a=\x02", "{bad byte:a=\\x02}"},
    {"bad byte without value", "\x02", "{bad byte:\\x02}"},
    {"vertical tab does not separate", "a=1\vb=2", "{bad byte:a=1\\x0Bb=2}"},
    {"no-break space does not separate", "a=1\xA0", "{bad byte:a=1\\xA0}"},
};

static size_t shown(char *out, const char *kind, const struct cmdline_word *word)
{
    char text[256];
    return (size_t)sprintf(out, "{%s:%s}", kind, cmdline_show(text, sizeof text, word->text, word->length));
}

/* Reads text[0 .. length) into `out`, in the form of line_case. */
static void read_line(const char *text, size_t length, char *out)
{
    static const char *const kinds[] = {[CMDLINE_OPEN_QUOTE] = "open quote",
                                        [CMDLINE_BAD_BYTE] = "bad byte",
                                        [CMDLINE_NO_VALUE] = "no value",
                                        [CMDLINE_NO_KEY] = "no key"};
    char *copy = malloc(length ? length : 1), *room = malloc(length + 1);
    struct cmdline line;
    struct cmdline_word word;
    enum cmdline_status status;
    memcpy(copy, text, length);
    memset(room, 0xA5, length + 1);
    cmdline_start(&line, copy, length, room);
    *out = '\0';
    while ((status = cmdline_next(&line, &word)) != CMDLINE_END) {
        if (status == CMDLINE_WORD)
            out += sprintf(out, "<%.*s|%s>", (int)word.key_length, word.text, word.value);
        else
            out += shown(out, kinds[status], &word);
        assert_int_equal(strlen(word.text), status == CMDLINE_BAD_BYTE ? strlen(word.text) : word.length);
    }
    assert_int_equal(cmdline_next(&line, &word), CMDLINE_END);
    free(room);
    free(copy);
}

static void lines_give_exactly_their_words(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[512];
        read_line(cases[i].line, strlen(cases[i].line), words);
        if (strcmp(words, cases[i].words) != 0) {
            print_error("%s: %s, expected %s\n", cases[i].name, words, cases[i].words);
            wrong++;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)cases[i].line, strlen(cases[i].line));
    }
    assert_int_equal(wrong, 0);
}

static void a_nul_is_a_bad_byte(void **state)
{
    (void)state;
    char words[128];
    read_line("a=1\0b=2 c=3", 11, words);
    assert_string_equal(words, "{bad byte:a=1\\x00b=2}<c|3>");
    read_line("\0", 1, words);
    assert_string_equal(words, "{bad byte:\\x00}");
    read_line("a=1 \0", 5, words);
    assert_string_equal(words, "<a|1>{bad byte:\\x00}");
}

static void every_byte_has_one_meaning(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[3] = {'a', '=', (char)byte}, room[4];
        struct cmdline line;
        struct cmdline_word word;
        cmdline_start(&line, text, sizeof text, room);
        enum cmdline_status expected = byte == '"'                                    ? CMDLINE_OPEN_QUOTE
                                       : byte == '\t' || (byte >= ' ' && byte < 0x7F) ? CMDLINE_WORD
                                                                                      : CMDLINE_BAD_BYTE;
        assert_int_equal(cmdline_next(&line, &word), expected);
    }
}

static void words_of_any_length_arrive_whole(void **state)
{
    (void)state;
    static const size_t lengths[] = {3, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length = lengths[i];
        char *text = malloc(length), *room = malloc(length + 1);
        struct cmdline line;
        struct cmdline_word word;
        memset(text, 'v', length);
        text[1] = '=';
        cmdline_start(&line, text, length, room);
        assert_int_equal(cmdline_next(&line, &word), CMDLINE_WORD);
        assert_int_equal(word.length, length);
        assert_int_equal(word.value_length, length - 2);
        assert_int_equal(strlen(word.value), length - 2);
        assert_int_equal(cmdline_next(&line, &word), CMDLINE_END);
        free(room);
        free(text);
    }
}

static void a_line_of_30000_words(void **state)
{
    (void)state;
    enum { WORDS = 30000 };
    char *text = malloc(4 * WORDS), *room = malloc(4 * WORDS + 1);
    struct cmdline line;
    struct cmdline_word word;
    for (size_t i = 0; i < WORDS; i++)
        memcpy(text + 4 * i, "k=v ", 4);
    cmdline_start(&line, text, 4 * WORDS, room);
    size_t count = 0;
    while (cmdline_next(&line, &word) == CMDLINE_WORD)
        count++;
    assert_int_equal(count, WORDS);
    for (size_t i = 0; i < WORDS; i++)
        assert_string_equal(room + 4 * i, "k=v"); /* all words are kept */
    free(room);
    free(text);
}

static void show_cuts_and_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t capacity;
        const char *shown;
    } shows[] = {
        {"", 4, ""},
        {"abc", 4, "abc"},
        {"abcd", 4, "..."},
        {"abcd", 5, "abcd"},
        {"abcde", 5, "a..."},
        {"abcdefgh", 8, "abcd..."},
        {"\x01", 4, "..."},
        {"\x01", 5, "\\x01"},
        {"a\x01z", 6, "a..."},
        {"a\x01z", 7, "a\\x01z"},
        {"\x01\x02\x03", 9, "\\x01..."},
        {"\x01\x02", 9, "\\x01\\x02"},
        {"a\\b\"'", 9, "a\\b\"'"},
        {"\x7F\x80\xFF", 16, "\\x7F\\x80\\xFF"},
    };
    for (size_t i = 0; i < sizeof shows / sizeof *shows; i++) {
        char *out = malloc(shows[i].capacity);
        memset(out, 0xA5, shows[i].capacity);
        assert_ptr_equal(cmdline_show(out, shows[i].capacity, shows[i].text, strlen(shows[i].text)), out);
        assert_string_equal(out, shows[i].shown);
        free(out);
    }
    char out[16];
    assert_string_equal(cmdline_show(out, sizeof out, "a\0b", 3), "a\\x00b");
}

/* Lines of the bytes that mean something, and a few others. */
static void random_lines_keep_the_rules(void **state)
{
    (void)state;
    static const char alphabet[] = "  \t==\"\"\\\\'abck:,1\x01\x80\x7F";
    uint64_t seed = 314159;
    for (unsigned round = 0; round < 60000; round++) {
        size_t length = (size_t)(test_random(&seed) % 40);
        uint8_t *text = malloc(length ? length : 1);
        for (size_t i = 0; i < length; i++)
            text[i] = (uint8_t)alphabet[test_random(&seed) % sizeof alphabet]; /* its NUL too */
        LLVMFuzzerTestOneInput(text, length);
        free(text);
    }
}

static void every_error_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = CMDLINE_OPEN_QUOTE; a <= CMDLINE_NO_KEY; a++)
        for (int b = CMDLINE_END; b < a; b++)
            assert_string_not_equal(cmdline_status_text((enum cmdline_status)a),
                                    cmdline_status_text((enum cmdline_status)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_give_exactly_their_words), cmocka_unit_test(a_nul_is_a_bad_byte),
        cmocka_unit_test(every_byte_has_one_meaning),     cmocka_unit_test(words_of_any_length_arrive_whole),
        cmocka_unit_test(a_line_of_30000_words),          cmocka_unit_test(show_cuts_and_says_so),
        cmocka_unit_test(random_lines_keep_the_rules),    cmocka_unit_test(every_error_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
