; Entry of the i386 kernel: from GRUB's protected mode to paging in the upper half.
;
; The first page directory maps the first 512 MiB twice, with 4 MiB leaves: at 0 (only for the step over) and at
; KERNEL_BASE, which is the physical map's base too. The kernel replaces it as soon as it knows its memory (src/memory.c).
%include "boot_common.inc"

%define PTE_PRESENT_WRITE 3
%define PTE_LARGE   0x80
%define CR0_PG_WP   0x80010000
%define CR4_PSE     0x10
%define LEAVES      128                 ; of 4 MiB

section .bss
alignb 4096
boot_directory:     resb PAGE

section .boot.rodata
align 4
features:                               ; of CPUID 1, edx
    dd 1 << 4, lacks_tsc
    dd 1 << 3, lacks_pse
    dd 1 << 15, lacks_cmov
    dd 0
lacks_tsc:      db "the time-stamp counter (TSC)", 0
lacks_pse:      db "4 MiB pages (PSE)", 0
lacks_cmov:     db "conditional moves (CMOV): a Pentium Pro or later is needed", 0

align 8
boot_gdt:
    dq 0
    dq 0x00CF9A000000FFFF               ; code, all 4 GiB
    dq 0x00CF92000000FFFF               ; data
boot_gdt_pointer:
    dw boot_gdt_pointer - boot_gdt - 1
    dd boot_gdt

section .boot.text
bits 32
global boot_entry
boot_entry:
    mov esp, PHYS(kernel_stack_top)
    call keep_boot_information
    call require_cpuid
    mov eax, 1
    cpuid
    mov edi, features
    call require_features
    call fill_boot_directory

    mov eax, PHYS(boot_directory)
    mov cr3, eax
    mov eax, cr4
    or eax, CR4_PSE
    mov cr4, eax
    mov eax, cr0
    or eax, CR0_PG_WP
    mov cr0, eax
    lgdt [boot_gdt_pointer]
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    jmp 0x08:upper_half

; Changes eax, ecx.
fill_boot_directory:
    mov ecx, LEAVES
    mov eax, (LEAVES - 1) * 0x400000 + PTE_PRESENT_WRITE + PTE_LARGE
.leaf:
    mov [PHYS(boot_directory) + ecx * 4 - 4], eax
    mov [PHYS(boot_directory) + (KERNEL_BASE >> 20) + ecx * 4 - 4], eax
    sub eax, 0x400000
    loop .leaf
    ret

section .text
extern arch_start
upper_half:
    mov esp, kernel_stack_top
    xor ebp, ebp                        ; a stack trace ends here
    call arch_start                     ; does not return
    ud2
