/* crimes: a program that does what no program may, one thing for each word. The kernel ends it, or refuses, and goes on. */
#include "system.h"

/* ---- what the processor refuses ---- */

static void divide(const struct user_arguments *arguments)
{
    uint32_t low = 1, high = 0;
    (void)arguments;
    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0) : "cc");
}

static void cli(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("cli");
}

static void hlt(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("hlt");
}

static void int3(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("int3");
}

static void undefined(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("ud2");
}

static void port(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("outb %0, %1" : : "a"((uint8_t)0x10), "Nd"((uint16_t)0xF4));
}

/* The fast ways into the kernel, which are closed. In bytes, as not every assembler takes both at both widths. */
static void syscall(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile(".byte 0x0F, 0x05" : : : "memory");
}

static void sysenter(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile(".byte 0x0F, 0x34" : : : "memory");
}

/* A gate of the kernel's own: the double fault's. */
static void gate(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("int $8");
}

/* Single steps: each instruction behind it would stop. */
static void step(const struct user_arguments *arguments)
{
    (void)arguments;
    __asm__ volatile("pushf\n\torl $0x100, (%%esp)\n\tpopf\n\tnop" : : : "memory", "cc");
}

/* ---- what the page tables refuse ---- */

static void read_kernel(const struct user_arguments *arguments)
{
    *(const volatile unsigned char *)arguments->kernel_text;
}

static void write_kernel(const struct user_arguments *arguments)
{
    *(volatile unsigned char *)arguments->kernel_text = 0xC3;
}

static void jump_kernel(const struct user_arguments *arguments)
{
    __asm__ volatile("call *%0" : : "r"(arguments->kernel_text) : "memory");
}

static void read_null(const struct user_arguments *arguments)
{
    (void)arguments;
    uintptr_t nowhere = 8;
    __asm__ volatile("" : "+r"(nowhere));
    *(const volatile unsigned char *)nowhere;
}

static void write_text(const struct user_arguments *arguments)
{
    (void)arguments;
    *(volatile unsigned char *)(uintptr_t)write_text = 0xC3;
}

static void write_constant(const struct user_arguments *arguments)
{
    static const char constant[] = "constant";
    (void)arguments;
    *(volatile char *)(uintptr_t)constant = 'C';
}

/* Where the processor can tell. */
static void run_stack(const struct user_arguments *arguments)
{
    volatile unsigned char code = 0xC3;
    (void)arguments;
    __asm__ volatile("call *%0" : : "r"(&code) : "memory");
}

static unsigned deeper(volatile unsigned char *above)
{
    volatile unsigned char here[512];
    here[0] = *above;
    return here[0] == 0xFF ? 0 : deeper(here) + here[0]; /* it never is */
}

static void overflow(const struct user_arguments *arguments)
{
    volatile unsigned char first = arguments->word[0] != 0;
    deeper(&first);
}

static void beyond_heap(const struct user_arguments *arguments)
{
    (void)arguments;
    *(volatile unsigned char *)system_call(USER_PAGES, 0, 0, 0, 0) = 1;
}

/* ---- what the system calls refuse ---- */

static const char *const refusals[USER_ERRORS] = {
    [USER_BAD_CALL] = "refused: no such call\n",     [USER_BAD_ADDRESS] = "refused: bad address\n",
    [USER_BAD_ARGUMENT] = "refused: bad argument\n", [USER_NO_MEMORY] = "refused: no memory\n",
    [USER_BAD_BLOCK] = "refused: bad block\n",       [USER_TOO_MUCH_TEXT] = "refused: too much text\n",
};

/* What became of a call. */
static void tell(uintptr_t result)
{
    system_write(user_is_refusal(result) ? refusals[(uintptr_t)0 - result] : "granted\n");
}

static void unknown_call(const struct user_arguments *arguments)
{
    (void)arguments;
    tell(system_call(USER_CALLS, 0, 0, 0, 0));
    tell(system_call((enum user_call_number) - 1, 0, 0, 0, 0));
}

/* A whole write, and one that begins in the program's memory and ends in the kernel's, and one that wraps. */
static void pass_kernel(const struct user_arguments *arguments)
{
    static const char mine[] = "mine";
    const uintptr_t here = (uintptr_t)mine;
    tell(system_call(USER_WRITE, arguments->kernel_text, 16, 0, 0));
    tell(system_call(USER_WRITE, here, UINTPTR_MAX - here + 2, 0, 0));
    tell(system_call(USER_WRITE, UINTPTR_MAX - 7, 16, 0, 0));
    tell(system_call(USER_WRITE, 0, 1, 0, 0));
    tell(system_call(USER_RESULT, arguments->kernel_text, 0, 0, 0));
    tell(system_call(USER_RESULT, UINTPTR_MAX - 1, 0, 0, 0));
}

/* The last byte of the stack's region is its own, the next one is the guard page's. */
static void pass_edge(const struct user_arguments *arguments)
{
    const uintptr_t top = ((uintptr_t)arguments | (USER_STACK - 1)) + 1;
    tell(system_call(USER_WRITE, top - 4, 0, 0, 0));
    tell(system_call(USER_WRITE, top - 4, 5, 0, 0));
    tell(system_call(USER_WRITE, top, 1, 0, 0));
    tell(system_call(USER_WRITE, top - USER_STACK - 1, 2, 0, 0));
}

/* The kernel is to write where the program may only read, and where it may not even that. */
static void get_into_text(const struct user_arguments *arguments)
{
    const uintptr_t block = system_call(USER_BLOCK_ALLOC, 64, 16, 0, 0);
    tell(system_call(USER_GET, block, 0, (uintptr_t)get_into_text, 16));
    tell(system_call(USER_GET, block, 0, (uintptr_t)arguments->input, 1));
    tell(system_call(USER_GET, block, 0, arguments->kernel_text, 16));
    tell(system_call(USER_PUT, block, 0, arguments->kernel_text, 16));
}

static void bad_blocks(const struct user_arguments *arguments)
{
    unsigned char bytes[64] = {0};
    const uintptr_t at = (uintptr_t)bytes;
    tell(system_call(USER_BLOCK_FREE, 0, 0, 0, 0));
    const uintptr_t block = system_call(USER_BLOCK_ALLOC, 64, 16, 0, 0);
    tell(system_call(USER_PUT, block, 1 << 20, at, 1));
    tell(system_call(USER_PUT, block, UINTPTR_MAX, at, 2));
    tell(system_call(USER_PUT, block, 2, at, UINTPTR_MAX));
    tell(system_call(USER_PUT, block + 1, 0, at, 1));
    tell(system_call(USER_BLOCK_FREE, block + 16, 0, 0, 0));
    tell(system_call(USER_BLOCK_FREE, arguments->kernel_text, 0, 0, 0));
    tell(system_call(USER_BLOCK_RESIZE, block, 0, 0, 0));
    tell(system_call(USER_BLOCK_RESIZE, block, SIZE_MAX, 0, 0));
    tell(system_call(USER_BLOCK_ALLOC, 16, 3, 0, 0));
    tell(system_call(USER_BLOCK_ALLOC, SIZE_MAX, 16, 0, 0));
    tell(system_call(USER_BLOCK_FREE, block, 0, 0, 0));
    tell(system_call(USER_BLOCK_FREE, block, 0, 0, 0));
    tell(system_call(USER_GET, block, 0, at, 1));
}

static void too_many_pages(const struct user_arguments *arguments)
{
    (void)arguments;
    tell(system_call(USER_PAGES, SIZE_MAX, 0, 0, 0));
    tell(system_call(USER_PAGES, SIZE_MAX / USER_PAGE + 1, 0, 0, 0));
    tell(system_call(USER_PAGES, arguments->heap_limit / USER_PAGE + 1, 0, 0, 0));
}

static void too_much_text(const struct user_arguments *arguments)
{
    static const char line[64] = "                                                               \n";
    uintptr_t result = 0;
    (void)arguments;
    tell(system_call(USER_WRITE, (uintptr_t)line, USER_WRITE_MAX + 1, 0, 0));
    for (size_t written = 0; written <= USER_TEXT_MAX && !user_is_refusal(result); written += sizeof line)
        result = system_call(USER_WRITE, (uintptr_t)line, sizeof line, 0, 0);
    system_exit(user_is_refusal(result) ? (unsigned)((uintptr_t)0 - result) : 0);
}

static void odd_address(const struct user_arguments *arguments)
{
    static unsigned char room[sizeof(struct user_result) + 1];
    (void)arguments;
    tell(system_call(USER_RESULT, (uintptr_t)room + 1, 0, 0, 0));
}

/* ---- no end ---- */

static void loop(const struct user_arguments *arguments)
{
    (void)arguments;
    for (;;)
        __asm__ volatile("");
}

static void call_loop(const struct user_arguments *arguments)
{
    (void)arguments;
    for (;;)
        system_call(USER_NOTHING, 0, 0, 0, 0);
}

/* ---- the list ---- */

static const struct crime {
    const char *word;
    void (*commit)(const struct user_arguments *arguments);
} crimes[] = {
    {"divide", divide},
    {"cli", cli},
    {"hlt", hlt},
    {"int3", int3},
    {"undefined", undefined},
    {"port", port},
    {"syscall", syscall},
    {"sysenter", sysenter},
    {"gate", gate},
    {"step", step},
    {"read-kernel", read_kernel},
    {"write-kernel", write_kernel},
    {"jump-kernel", jump_kernel},
    {"read-null", read_null},
    {"write-text", write_text},
    {"write-constant", write_constant},
    {"run-stack", run_stack},
    {"overflow", overflow},
    {"beyond-heap", beyond_heap},
    {"unknown-call", unknown_call},
    {"pass-kernel", pass_kernel},
    {"pass-edge", pass_edge},
    {"get-into-text", get_into_text},
    {"bad-blocks", bad_blocks},
    {"too-many-pages", too_many_pages},
    {"too-much-text", too_much_text},
    {"odd-address", odd_address},
    {"loop", loop},
    {"call-loop", call_loop},
};

static bool is_word(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int program_main(const struct user_arguments *arguments)
{
    const size_t count = sizeof crimes / sizeof *crimes;
    for (size_t i = 0; i < count; i++) {
        if (is_word(crimes[i].word, arguments->word)) {
            crimes[i].commit(arguments);
            return 0;
        }
    }
    system_write("a word for what to do, as in `program crimes divide`:\n");
    for (size_t i = 0; i < count; i++) {
        system_write(crimes[i].word);
        system_write(i % 6 == 5 || i + 1 == count ? "\n" : " ");
    }
    return 1;
}
