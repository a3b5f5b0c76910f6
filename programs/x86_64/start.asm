; Where a program begins at 64 bits: rax = address of its arguments, rsp aligned to 16.
bits 64

%define USER_EXIT 1                     ; as in user/calls.h

section .text
extern program_main
global program_start
program_start:
    xor ebp, ebp
    mov rdi, rax
    call program_main
    mov ebx, eax
    mov eax, USER_EXIT
    int 0x80
    ud2                                 ; the kernel does not come back from this call
