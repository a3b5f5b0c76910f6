/* Inside arch/: the pair of 8259 interrupt controllers. */
#ifndef ARCH_X86_PIC_H
#define ARCH_X86_PIC_H

#include <stdbool.h>

/* Sets the pair up so that line N raises vector `first_vector` + N (a multiple of 8), every line masked. */
void pic_init(unsigned first_vector);

/* Lets a line (0 .. 15) through, or holds it back. */
void pic_mask(unsigned line, bool is_masked);

/* In the handler of `line`: whether the controller has no such request in service. */
bool pic_is_spurious(unsigned line);

/* The handler is done: the controller may raise this line and lesser ones again. After a spurious interrupt nothing is in
 * service where it came from, but if that was the second controller, line 2 of the first one is. */
void pic_end(unsigned line);
void pic_end_spurious(unsigned line);

#endif
