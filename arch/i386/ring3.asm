; Into ring 3 and back out of it (arch/x86/ring3.c).
bits 32

%define USER_CODE   0x28 + 3            ; selectors of cpu32.c, for ring 3
%define USER_DATA   0x30 + 3
%define USER_FLAGS  0x202               ; interrupts on
%define START_IP    0                   ; struct arch_user_start
%define START_SP    4
%define START_ARG   8

section .text

; void ring3_enter(const struct arch_user_start *start, void *slot)
; Returns when ring3_leave is called. Keeps ebx, esi, edi, ebp and the flags on the stack, its pointer in *slot.
global ring3_enter
ring3_enter:
    mov ecx, [esp + 4]                  ; start
    mov edx, [esp + 8]                  ; slot
    push ebx
    push esi
    push edi
    push ebp
    pushfd
    mov [edx], esp
    push dword USER_DATA                ; what `iret` takes: ss, esp, eflags, cs, eip
    push dword [ecx + START_SP]
    push dword USER_FLAGS
    push dword USER_CODE
    push dword [ecx + START_IP]
    mov eax, [ecx + START_ARG]
    mov edx, USER_DATA
    mov ds, edx
    mov es, edx
    mov fs, edx
    mov gs, edx
    xor ebx, ebx
    xor ecx, ecx
    xor edx, edx
    xor esi, esi
    xor edi, edi
    xor ebp, ebp
    iret

; void ring3_leave(void *slot): returns from ring3_enter. ds, es and ss are the kernel's already.
global ring3_leave
ring3_leave:
    mov eax, [esp + 4]
    mov esp, [eax]
    popfd
    pop ebp
    pop edi
    pop esi
    pop ebx
    ret
