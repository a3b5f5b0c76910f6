# cmake -D TEMPLATE=grub.cfg.in -D POLICIES=policies.txt -D "SCENARIOS=a.kfit;b.kfit" -D "LECTURES=01-a.md;02-b.md"
#       -D "NAMES=a;b" -D OUT=grub.cfg -P make_menu.cmake
# Writes the GRUB menu: the template with one entry for each allocator, in the order of policies.txt; one for each scenario, by the
# name and title of its file; one for each lecture, by its heading, with the options of its first line,
# <!-- boot: OPTIONS -->; all for each kernel; and the names of the programs.

# Appends an entry to the list `entries` of the caller.
macro(add_entry title options)
  string(REPLACE "'" "'\\''" quoted "${title}")
  string(APPEND entries "${indent}menuentry '${quoted}' {\n"
    "${indent}    set opts=\"${options}\"\n"
    "${indent}    boot_kernel ${arch}\n"
    "${indent}}\n\n")
endmacro()

function(menu_entries arch prefix indent out)
  set(entries "")
  foreach(line IN LISTS policies)
    string(REGEX REPLACE "\t.*" "" name "${line}")
    string(REGEX REPLACE "^[^\t]*\t" "" summary "${line}")
    add_entry("${prefix}${name}: ${summary}" "alloc=${name} run=trace:sqlite then=shell")
  endforeach()
  set(${out} "${entries}" PARENT_SCOPE)
endfunction()

function(scenario_entries arch indent out)
  set(entries "")
  foreach(file IN LISTS SCENARIOS)
    get_filename_component(name ${file} NAME_WE)
    file(STRINGS ${file} title REGEX "^[ \t]*title[ \t]" LIMIT_COUNT 1)
    string(REGEX REPLACE "^[ \t]*title[ \t]+" "" title "${title}")
    string(STRIP "${title}" title)
    string(REPLACE "\\;" ";" title "${title}")   # as file(STRINGS) writes it in a list
    add_entry("${name}: ${title}" "run=scenario:${name} then=shell")
  endforeach()
  set(${out} "${entries}" PARENT_SCOPE)
endfunction()

function(lecture_entries arch indent out)
  set(entries "")
  foreach(file IN LISTS LECTURES)
    file(STRINGS ${file} options REGEX "^<!-- boot: .* -->$" LIMIT_COUNT 1)
    file(STRINGS ${file} title REGEX "^# " LIMIT_COUNT 1)
    if(options STREQUAL "" OR title STREQUAL "")
      message(FATAL_ERROR "${file}: a lecture begins with a line <!-- boot: OPTIONS --> and a heading")
    endif()
    string(REGEX REPLACE "^<!-- boot: (.*) -->$" "\\1" options "${options}")
    string(REGEX REPLACE "^# +" "" title "${title}")
    add_entry("${title}" "${options}")
  endforeach()
  set(${out} "${entries}" PARENT_SCOPE)
endfunction()

file(STRINGS ${POLICIES} policies)
file(READ ${TEMPLATE} menu)
menu_entries(x86_64 "" "" entries_x86_64)
menu_entries(i386 "32-bit " "    " entries_i386)
scenario_entries(x86_64 "    " scenarios_x86_64)
scenario_entries(i386 "        " scenarios_i386)
lecture_entries(x86_64 "    " lectures_x86_64)
lecture_entries(i386 "        " lectures_i386)
string(REPLACE "@LECTURES_x86_64@\n" "${lectures_x86_64}" menu "${menu}")
string(REPLACE "@LECTURES_i386@\n" "${lectures_i386}" menu "${menu}")
string(REPLACE "@SCENARIOS_x86_64@\n" "${scenarios_x86_64}" menu "${menu}")
string(REPLACE "@SCENARIOS_i386@\n" "${scenarios_i386}" menu "${menu}")
string(REPLACE "@ENTRIES_x86_64@\n" "${entries_x86_64}" menu "${menu}")
string(REPLACE "@ENTRIES_i386@\n" "${entries_i386}" menu "${menu}")
string(REPLACE ";" " " names "${NAMES}")
string(REPLACE "@PROGRAMS@" "${names}" menu "${menu}")
file(WRITE ${OUT} "${menu}")
