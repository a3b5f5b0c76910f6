; Entry of each exception and interrupt: bring every vector to one stack layout (trap_frame.h) and call trap_enter.
;
; On entry the processor has pushed ss, rsp, rflags, cs, rip and, for some vectors, an error code.
bits 64

%define FRAME_RIP   17 * 8              ; offset of rip in struct trap_frame
%define USER_CALL   0x80                ; as TRAP_USER_CALL in trap.h

section .text
extern trap_enter
global image_trap_return

%macro stub 1
stub_%1:
%if %1 = 8 || (%1 >= 10 && %1 <= 14) || %1 = 17 || %1 = 21 || %1 = 29 || %1 = 30
%else
    push 0                              ; no error code for this vector: keep the layout
%endif
    push %1
    jmp save_and_call
%endmacro

%assign vector 0
%rep 48
    stub vector
%assign vector vector + 1
%endrep

global trap_user_stub
trap_user_stub:                         ; a system call
    push 0
    push USER_CALL
    jmp save_and_call

save_and_call:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
    mov rdi, rsp                        ; 22 words pushed onto a stack the processor aligned to 16
    push qword [rdi + FRAME_RIP]        ; a link of the stack trace: "called" from where the exception happened
    push rbp
    mov rbp, rsp
    call trap_enter
image_trap_return:
    add rsp, 16
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16                         ; vector, error code
    iretq

section .rodata
align 8
global trap_stubs
trap_stubs:
%assign vector 0
%rep 48
    dq stub_%[vector]
%assign vector vector + 1
%endrep
