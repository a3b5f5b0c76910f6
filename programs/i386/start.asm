; Where a program begins at 32 bits: eax = address of its arguments, esp aligned to 16.
bits 32

%define USER_EXIT 1                     ; as in user/calls.h

section .text
extern program_main
global program_start
program_start:
    xor ebp, ebp
    sub esp, 12                         ; with the argument: aligned to 16 at the call
    push eax
    call program_main
    mov ebx, eax
    mov eax, USER_EXIT
    int 0x80
    ud2                                 ; the kernel does not come back from this call
