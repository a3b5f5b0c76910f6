# cmake -D TEMPLATE=grub.cfg.in -D POLICIES=policies.txt -D "SCENARIOS=a.kfit;b.kfit" -D "NAMES=a;b" -D OUT=grub.cfg
#       -P make_menu.cmake
# Writes the GRUB menu: the template with one entry for each allocator, in the order of policies.txt, and one for each scenario,
# by the name and title of its file, for each kernel; and the names of the programs.
function(menu_entries arch prefix indent out)
  set(entries "")
  foreach(line IN LISTS policies)
    string(REGEX REPLACE "\t.*" "" name "${line}")
    string(REGEX REPLACE "^[^\t]*\t" "" summary "${line}")
    string(REPLACE "'" "'\\''" summary "${summary}")
    string(APPEND entries "${indent}menuentry '${prefix}${name}: ${summary}' {\n"
      "${indent}    set opts=\"alloc=${name} run=trace:sqlite then=shell\"\n"
      "${indent}    boot_kernel ${arch}\n"
      "${indent}}\n\n")
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
    string(REPLACE "'" "'\\''" title "${title}")
    string(APPEND entries "${indent}menuentry '${name}: ${title}' {\n"
      "${indent}    set opts=\"run=scenario:${name} then=shell\"\n"
      "${indent}    boot_kernel ${arch}\n"
      "${indent}}\n\n")
  endforeach()
  set(${out} "${entries}" PARENT_SCOPE)
endfunction()

file(STRINGS ${POLICIES} policies)
file(READ ${TEMPLATE} menu)
menu_entries(x86_64 "" "" entries_x86_64)
menu_entries(i386 "32-bit " "    " entries_i386)
scenario_entries(x86_64 "    " scenarios_x86_64)
scenario_entries(i386 "        " scenarios_i386)
string(REPLACE "@SCENARIOS_x86_64@\n" "${scenarios_x86_64}" menu "${menu}")
string(REPLACE "@SCENARIOS_i386@\n" "${scenarios_i386}" menu "${menu}")
string(REPLACE "@ENTRIES_x86_64@\n" "${entries_x86_64}" menu "${menu}")
string(REPLACE "@ENTRIES_i386@\n" "${entries_i386}" menu "${menu}")
string(REPLACE ";" " " names "${NAMES}")
string(REPLACE "@PROGRAMS@" "${names}" menu "${menu}")
file(WRITE ${OUT} "${menu}")
