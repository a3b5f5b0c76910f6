# Both kernels in one tree: kernel-x86_64.elf and kernel-i386.elf, with the distribution's own compiler.
# gcc links through its driver, clang's objects through ld.lld itself (for bare targets clang would call gcc to link).
#
# Each kernel is linked twice, so that it can name its own functions in a report:
#   kernel-<arch>-objects         what both links share
#   kernel-<arch>-first.elf       linked with an empty symbol table
#   generated/symbols-<arch>.asm  the table, from the functions that nm finds in the first
#   kernel-<arch>.elf             linked with the table. It lies behind the constants, so no function moves between the
#                                 links; cmake/compare_symbols.cmake proves that after each link
set(KFIT_ARCHES x86_64 i386)
set(KFIT_KERNEL_FLAGS -ffreestanding -fno-pic -fno-pie -fno-stack-protector -mgeneral-regs-only
    -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-common -O2 -g
    -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls   # stack traces name every caller
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
set(KFIT_FLAGS_x86_64 -m64 -mno-red-zone -mcmodel=kernel)
set(KFIT_FLAGS_i386 -m32 -march=i686)
set(KFIT_NASM_x86_64 -felf64)
set(KFIT_NASM_i386 -felf32)
# Where the kernel image is mapped: virtual = physical + this. The one home of the number: C, NASM and the linker get
# it.
set(KFIT_KERNEL_BASE_x86_64 0xFFFFFFFF80000000)
set(KFIT_KERNEL_BASE_i386 0xC0000000)
set(KFIT_EMULATION_x86_64 elf_x86_64)
set(KFIT_EMULATION_i386 elf_i386)

if(KFIT_COMPILER MATCHES "clang")
  set(KFIT_CLANG ON)
  list(APPEND KFIT_FLAGS_x86_64 --target=x86_64-elf)
  list(APPEND KFIT_FLAGS_i386 --target=i686-elf)
  set(CMAKE_C_LINK_EXECUTABLE "ld.lld <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
endif()

# NASM: the object format is a flag of each target, and CMake's own rule would add a format and lose %include files.
set(CMAKE_ASM_NASM_COMPILE_OBJECT "<CMAKE_ASM_NASM_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> <SOURCE>")
set(CMAKE_DEPFILE_FLAGS_ASM_NASM "")
set(CMAKE_ASM_NASM_DEPENDS_USE_COMPILER FALSE)

file(GLOB KFIT_KERNEL_SHARED CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/mm/*.c ${PROJECT_SOURCE_DIR}/arch/x86/*.c
     ${PROJECT_SOURCE_DIR}/src/*.c ${PROJECT_SOURCE_DIR}/src/*/*.c)
file(GLOB KFIT_NASM_INCLUDES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/x86/*.inc)

option(KFIT_UBSAN "Kernels that check themselves for undefined behaviour (slower; a finding is a panic)" OFF)
if(KFIT_UBSAN)
  # Alignment and null pointers are left to the processor: it permits the one and faults on the other.
  list(APPEND KFIT_KERNEL_FLAGS -fsanitize=undefined -fno-sanitize=alignment,null)
else()
  list(FILTER KFIT_KERNEL_SHARED EXCLUDE REGEX "/freestanding_ubsan\\.c$")
endif()

option(KFIT_UNTOLD "Kernels whose heaps cannot be listened to: the measure of what a listener costs that is not there" OFF)

find_program(KFIT_NM NAMES nm llvm-nm REQUIRED)
set(KFIT_GENERATE_SYMBOLS ${PROJECT_SOURCE_DIR}/cmake/generate_symbols.cmake)
set(KFIT_COMPARE_SYMBOLS ${PROJECT_SOURCE_DIR}/cmake/compare_symbols.cmake)
file(WRITE ${KFIT_GENERATED}/symbols-none.txt "")

# The objects of one width.
function(kfit_kernel_objects arch)
  file(GLOB c_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/${arch}/*.c)
  file(GLOB asm_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/arch/${arch}/*.asm)
  set(objects kernel-${arch}-objects)
  add_library(${objects} OBJECT ${KFIT_ALLOC_SOURCES} ${KFIT_LAB_SOURCES} ${KFIT_KERNEL_SHARED} ${c_sources}
              ${asm_sources})
  target_include_directories(${objects} PRIVATE ${KFIT_INCLUDES} ${PROJECT_SOURCE_DIR}/arch/${arch}
                             ${PROJECT_SOURCE_DIR}/arch/x86)
  target_compile_definitions(${objects} PRIVATE KERNEL_BASE=${KFIT_KERNEL_BASE_${arch}}
                             $<$<COMPILE_LANGUAGE:C>:KFIT_VERSION="${PROJECT_VERSION}">)
  if(KFIT_UNTOLD)
    target_compile_definitions(${objects} PRIVATE $<$<COMPILE_LANGUAGE:C>:ALLOC_NEVER_TOLD>)
  endif()
  if(KFIT_UBSAN)
    target_compile_definitions(${objects} PRIVATE $<$<COMPILE_LANGUAGE:C>:KFIT_SOURCE="${PROJECT_SOURCE_DIR}/">)
  endif()
  target_compile_options(${objects} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${KFIT_WARNINGS} ${KFIT_KERNEL_FLAGS} ${KFIT_FLAGS_${arch}}>
    $<$<COMPILE_LANGUAGE:ASM_NASM>:${KFIT_NASM_${arch}} -I${PROJECT_SOURCE_DIR}/arch/x86/>)
  set_source_files_properties(${asm_sources} PROPERTIES OBJECT_DEPENDS "${KFIT_NASM_INCLUDES}")
endfunction()

# Makes generated/<symbols>.asm: the table of the functions that `nm` found.
function(kfit_symbols symbols nm)
  add_custom_command(
    OUTPUT ${KFIT_GENERATED}/${symbols}.asm
    COMMAND ${CMAKE_COMMAND} -D NM=${nm} -D OUT=${KFIT_GENERATED}/${symbols}.asm -P ${KFIT_GENERATE_SYMBOLS}
    DEPENDS ${nm} ${KFIT_GENERATE_SYMBOLS}
    VERBATIM)
endfunction()

# Links the objects of one width with a symbol table.
function(kfit_link kernel arch symbols)
  set(script ${PROJECT_SOURCE_DIR}/arch/x86/kernel.ld)
  set(base KERNEL_BASE=${KFIT_KERNEL_BASE_${arch}})
  add_executable(${kernel} $<TARGET_OBJECTS:kernel-${arch}-objects> ${KFIT_GENERATED}/${symbols}.asm)
  set_target_properties(${kernel} PROPERTIES SUFFIX .elf LINK_DEPENDS ${script} LINKER_LANGUAGE C)
  target_compile_options(${kernel} PRIVATE ${KFIT_NASM_${arch}})
  if(KFIT_CLANG)
    set_property(TARGET ${kernel} PROPERTY LINK_FLAGS "-m ${KFIT_EMULATION_${arch}} -static -T ${script} \
--defsym=${base} -z max-page-size=4096 -z noexecstack --build-id=none")
  else()
    list(FILTER KFIT_FLAGS_${arch} INCLUDE REGEX "^-m(32|64)$")
    target_link_options(${kernel} PRIVATE ${KFIT_FLAGS_${arch}} -nostdlib -static -no-pie -T ${script}
                        -Wl,--defsym=${base} -Wl,--build-id=none "SHELL:-Wl,-z,max-page-size=4096" "SHELL:-Wl,-z,noexecstack")
  endif()
endfunction()

function(kfit_kernel arch)
  set(first kernel-${arch}-first)
  set(nm ${KFIT_GENERATED}/symbols-${arch}.txt)
  kfit_kernel_objects(${arch})
  kfit_link(${first} ${arch} symbols-none)
  add_custom_command(
    OUTPUT ${nm}
    COMMAND ${KFIT_NM} -n $<TARGET_FILE:${first}> > ${nm}
    DEPENDS ${first}
    VERBATIM)
  kfit_symbols(symbols-${arch} ${nm})
  kfit_link(kernel-${arch} ${arch} symbols-${arch})
  add_custom_command(
    TARGET kernel-${arch} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -D NM=${KFIT_NM} -D EXPECTED=${nm} -D KERNEL=$<TARGET_FILE:kernel-${arch}>
            -P ${KFIT_COMPARE_SYMBOLS}
    VERBATIM)
endfunction()

kfit_symbols(symbols-none ${KFIT_GENERATED}/symbols-none.txt)
add_custom_target(kfit_symbols_none DEPENDS ${KFIT_GENERATED}/symbols-none.asm)

foreach(arch IN LISTS KFIT_ARCHES)
  kfit_kernel(${arch})
  add_dependencies(kernel-${arch}-first kfit_symbols_none)   # one rule, two users
endforeach()
