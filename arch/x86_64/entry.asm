; Entry of the x86_64 kernel: from GRUB's 32-bit protected mode to long mode in the upper half.
;
; The first page tables map the first GiB three times, with 2 MiB leaves: at 0 (only for the step over), at the physical
; map's base and at KERNEL_BASE. The kernel replaces them as soon as it knows its memory (src/memory.c).
%include "boot_common.inc"

%define PTE_PRESENT_WRITE 3
%define PTE_LARGE   0x80
%define CR0_PG_WP   0x80010000
%define CR4_PAE     0x20
%define EFER        0xC0000080
%define EFER_LME    0x100

section .bss
alignb 4096
boot_pml4:          resb PAGE
boot_pdpt_low:      resb PAGE           ; entry 0: first GiB; used at 0 and at the physical map's base
boot_pdpt_high:     resb PAGE           ; entry 510: first GiB; used at KERNEL_BASE
boot_pd:            resb PAGE           ; 512 leaves of 2 MiB

section .boot.rodata
align 4
features:                               ; of CPUID 1, edx
    dd 1 << 4, lacks_tsc
    dd 1 << 6, lacks_pae
    dd 0
lacks_tsc:      db "the time-stamp counter (TSC)", 0
lacks_pae:      db "PAE: try the 32-bit kernel, i386", 0
lacks_long:     db "long mode (64 bit): boot the 32-bit kernel, i386", 0

align 8
boot_gdt:
    dq 0
    dq 0x00AF9A000000FFFF               ; 64-bit code
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
    call require_long_mode
    call fill_boot_tables

    mov eax, PHYS(boot_pml4)
    mov cr3, eax
    mov eax, cr4
    or eax, CR4_PAE
    mov cr4, eax
    mov ecx, EFER
    rdmsr
    or eax, EFER_LME
    wrmsr
    mov eax, cr0
    or eax, CR0_PG_WP
    mov cr0, eax
    lgdt [boot_gdt_pointer]
    jmp 0x08:boot_long

; Changes eax, ebx, ecx, edx.
require_long_mode:
    mov esi, lacks_long
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb stop_lacking
    mov eax, 0x80000001
    cpuid
    test edx, 1 << 29
    jz stop_lacking
    ret

; Changes eax, ecx.
fill_boot_tables:
    mov eax, PHYS(boot_pdpt_low) + PTE_PRESENT_WRITE
    mov [PHYS(boot_pml4)], eax
    mov [PHYS(boot_pml4) + 256 * 8], eax
    mov eax, PHYS(boot_pdpt_high) + PTE_PRESENT_WRITE
    mov [PHYS(boot_pml4) + 511 * 8], eax
    mov eax, PHYS(boot_pd) + PTE_PRESENT_WRITE
    mov [PHYS(boot_pdpt_low)], eax
    mov [PHYS(boot_pdpt_high) + 510 * 8], eax
    mov ecx, 512
    mov eax, 511 * 0x200000 + PTE_PRESENT_WRITE + PTE_LARGE
.leaf:
    mov [PHYS(boot_pd) + ecx * 8 - 8], eax
    sub eax, 0x200000
    loop .leaf
    ret

bits 64
boot_long:
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    xor eax, eax
    mov fs, ax
    mov gs, ax
    mov rax, upper_half
    jmp rax

section .text
extern arch_start
upper_half:
    mov rsp, kernel_stack_top
    xor ebp, ebp                        ; a stack trace ends here
    call arch_start                     ; does not return
    ud2
