; Into ring 3 and back out of it (arch/x86/ring3.c).
bits 64

%define KERNEL_DATA 0x10
%define USER_CODE   0x28 + 3            ; selectors of cpu64.c, for ring 3
%define USER_DATA   0x30 + 3
%define USER_FLAGS  0x202               ; interrupts on
%define START_IP    0                   ; struct arch_user_start
%define START_SP    8
%define START_ARG   16

section .text

; void ring3_enter(const struct arch_user_start *start, void *slot): rdi, rsi
; Returns when ring3_leave is called. Keeps rbx, rbp, r12 to r15 and the flags on the stack, its pointer in *slot.
global ring3_enter
ring3_enter:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    pushfq
    mov [rsi], rsp
    push USER_DATA                      ; what `iretq` takes: ss, rsp, rflags, cs, rip
    push qword [rdi + START_SP]
    push USER_FLAGS
    push USER_CODE
    push qword [rdi + START_IP]
    mov rax, [rdi + START_ARG]
    xor ebx, ebx
    xor ecx, ecx
    xor edx, edx
    xor esi, esi
    xor edi, edi
    xor ebp, ebp
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    xor r12d, r12d
    xor r13d, r13d
    xor r14d, r14d
    xor r15d, r15d
    iretq

; void ring3_leave(void *slot): rdi. Returns from ring3_enter; an entry from ring 3 has left ss empty.
global ring3_leave
ring3_leave:
    mov rsp, [rdi]
    mov eax, KERNEL_DATA
    mov ss, eax
    popfq
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
