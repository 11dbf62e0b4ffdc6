# Flags that hold for every target. Warnings are errors in CI only, so that a newer compiler never breaks a user's build.
add_compile_options(-Wall -Wextra -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # false alarms on std::string in GCC 12 (its bug 105651)
endif()
# The presets compile a room's files together: they share its headers, and that is most of the work. The debug
# preset does not, which finds the header that somebody forgot. To GCC such a file looks like a header.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-subobject-linkage)
endif()
if(BOOTSTRAP_WERROR)
  add_compile_options(-Werror)
endif()

if(BOOTSTRAP_ASAN)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(BOOTSTRAP_TSAN)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # The program reads hostile archives: harden it as Debian hardens its own packages.
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wformat -Werror=format-security)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
include(CheckPIESupported)
check_pie_supported()
# Only what is called is loaded: the worker must not map a library it never uses.
add_link_options(-Wl,--as-needed)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
