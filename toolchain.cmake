# Bare-metal build with the distribution's own compilers: no cross-compiler, no multilib for the kernels.
# KFIT_COMPILER chooses gcc (default) or clang; the target width is a flag of each library (see cmake/kernel.cmake).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KFIT_COMPILER)
if(NOT KFIT_COMPILER)
  set(KFIT_COMPILER gcc)
endif()
set(CMAKE_C_COMPILER ${KFIT_COMPILER})
set(CMAKE_ASM_NASM_COMPILER nasm)
