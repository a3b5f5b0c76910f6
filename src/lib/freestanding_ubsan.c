/* Handlers that code compiled with -fsanitize=undefined calls; only in kernels of the preset ubsan. Each names the
 * kind of undefined behaviour and the place. The compiler hands in a record whose first member is the place; what
 * else it holds, and the operands, are not looked at: the place says enough. The files' names begin with KFIT_SOURCE,
 * the checkout's folder, which is left out. */
#include <lib/string.h>
#include <lib/ubsan.h>

struct place {
    const char *file;
    uint32_t line, column;
};

static const char *short_name(const char *file)
{
    size_t length = sizeof KFIT_SOURCE - 1;
    return strlen(file) > length && memcmp(file, KFIT_SOURCE, length) == 0 ? file + length : file;
}

/* The handler's caller is the function at fault; its frame is the one the handler's own frame links to. */
#define HANDLER(name, kind_)                                                 \
    void __ubsan_handle_##name(const struct place *place);                   \
    void __ubsan_handle_##name(const struct place *place)                    \
    {                                                                        \
        struct ubsan_finding finding = {                                     \
            .kind = (kind_),                                                 \
            .file = short_name(place->file),                                 \
            .line = place->line,                                             \
            .ip = (uintptr_t)__builtin_return_address(0),                    \
            .frame_pointer = *(const uintptr_t *)__builtin_frame_address(0), \
        };                                                                   \
        ubsan_found(&finding);                                               \
    }

HANDLER(add_overflow, "signed addition overflows")
HANDLER(sub_overflow, "signed subtraction overflows")
HANDLER(mul_overflow, "signed multiplication overflows")
HANDLER(negate_overflow, "negation overflows")
HANDLER(divrem_overflow, "division by zero, or of the smallest number by -1")
HANDLER(shift_out_of_bounds, "shift by too many bits, or of a negative number")
HANDLER(out_of_bounds, "index outside the array")
HANDLER(pointer_overflow, "pointer arithmetic overflows")
HANDLER(type_mismatch_v1, "access outside the object, or of another type")
HANDLER(load_invalid_value, "a bool or enum holds a value of neither")
HANDLER(builtin_unreachable, "unreachable code is reached")
HANDLER(missing_return, "a function ends without its result")
HANDLER(vla_bound_not_positive, "an array of no or negative length")
HANDLER(nonnull_arg, "a null pointer where the function forbids it")
HANDLER(nonnull_return_v1, "a null pointer returned where the function forbids it")
HANDLER(invalid_builtin, "a bit count of 0 where it is undefined")
