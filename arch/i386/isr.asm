; Entry of each exception and interrupt: bring every vector to one stack layout (trap_frame.h) and call trap_enter.
;
; On entry the processor has pushed eflags, cs, eip and, for some vectors, an error code. The double fault comes through a
; task gate instead (gdt.c), on a stack of its own: its task begins at double_fault_task.
bits 32

%define FRAME_EIP   12 * 4              ; offset of eip in struct trap_frame
%define KERNEL_DATA 0x10
%define USER_CALL   0x80                ; as TRAP_USER_CALL in trap.h

section .text
extern trap_enter
global image_trap_return
extern double_fault_enter

%macro stub 1
stub_%1:
%if (%1 >= 10 && %1 <= 14) || %1 = 17 || %1 = 21 || %1 = 29 || %1 = 30
%else
    push dword 0                        ; no error code for this vector: keep the layout
%endif
    push dword %1
    jmp save_and_call
%endmacro

%assign vector 0
%rep 48
    stub vector
%assign vector vector + 1
%endrep

global trap_user_stub
trap_user_stub:                         ; a system call
    push dword 0
    push dword USER_CALL
    jmp save_and_call

save_and_call:
    pusha
    push ds                             ; ring 3 may have put any selector of its own here, the null one too
    push es
    mov ebx, KERNEL_DATA
    mov ds, ebx
    mov es, ebx
    cld
    mov ebx, esp                        ; the frame; kept over the call
    push dword [ebx + FRAME_EIP]        ; a link of the stack trace: "called" from where the exception happened
    push ebp
    mov ebp, esp
    and esp, -16                        ; the stack the C code expects
    sub esp, 12
    push ebx
    call trap_enter
image_trap_return:
    mov esp, ebx
    pop es
    pop ds
    popa
    add esp, 8                          ; vector, error code
    iret

global double_fault_task
double_fault_task:                      ; a fresh task: the interrupted state is in the main task's segment
    call double_fault_enter             ; does not return
    ud2

section .rodata
align 4
global trap_stubs
trap_stubs:
%assign vector 0
%rep 48
    dd stub_%[vector]
%assign vector vector + 1
%endrep
