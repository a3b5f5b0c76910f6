# libkfit-preload.so: every allocator behind malloc, for real programs of this machine (64-bit, glibc): tools/preload/.
# An executable linked with -shared: a bare-metal project has no shared libraries of CMake's kind. Nothing but the
# malloc family is visible, and what of lab/ is not needed is left out. With clang there is none: its link rule is the
# kernels'.
if(NOT KFIT_CLANG)
  file(GLOB KFIT_PRELOAD_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/preload/*.c)
  add_executable(preload ${KFIT_PRELOAD_SOURCES} ${KFIT_ALLOC_SOURCES} ${KFIT_LAB_SOURCES})
  target_include_directories(preload PRIVATE ${KFIT_INCLUDES})
  target_compile_options(preload PRIVATE ${KFIT_WARNINGS} -D_GNU_SOURCE -m64 -O2 -g -fPIC -fvisibility=hidden
                         -fno-builtin -ffunction-sections -fdata-sections -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
  target_link_options(preload PRIVATE -m64 -shared -Wl,--gc-sections,-z,now,-z,defs,--as-needed)
  set_target_properties(preload PROPERTIES OUTPUT_NAME kfit-preload PREFIX lib SUFFIX .so)
  if(NOT KFIT_TESTS)
    set_target_properties(preload PROPERTIES EXCLUDE_FROM_ALL ON)   # needs the C library's headers
  endif()
endif()
