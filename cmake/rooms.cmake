# bootstrap_room(NAME [ROOMS room...] [USES library...])
# One room: the static library made of every .cc file in src/NAME. A room without sources yet is header-only.
function(bootstrap_room name)
  cmake_parse_arguments(ROOM "" "" "ROOMS;USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(TRANSFORM ROOM_ROOMS PREPEND bootstrap_)
  if(sources)
    add_library(bootstrap_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(bootstrap_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(bootstrap_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(bootstrap_${name} ${scope} ${ROOM_ROOMS} ${ROOM_USES} nlohmann_json::nlohmann_json fmt::fmt)
endfunction()

# bootstrap_program(NAME main [HELPER] ROOMS room...)
# A helper is started by bootstrap, and so not in anybody's PATH; find_own_program() looks for it.
set(helpers libexec/bootstrap)
function(bootstrap_program name main)
  cmake_parse_arguments(PROGRAM "HELPER" "" "ROOMS" ${ARGN})
  list(TRANSFORM PROGRAM_ROOMS PREPEND bootstrap_)
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${PROGRAM_ROOMS})
  if(PROGRAM_HELPER)
    install(TARGETS ${name} RUNTIME DESTINATION ${helpers})
  else()
    install(TARGETS ${name} RUNTIME DESTINATION bin)
  endif()
endfunction()

# bootstrap_quick_program(NAME main ROOMS room...)
# A program that starts quickly: of these rooms alone, and with no shared library but the C library's. To find, map and
# relocate a dozen of them takes longer than most programs run.
function(bootstrap_quick_program name main)
  cmake_parse_arguments(PROGRAM "" "" "ROOMS" ${ARGN})
  add_executable(${name} ${main})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  foreach(room ${PROGRAM_ROOMS})
    add_dependencies(${name} bootstrap_${room})
    target_link_libraries(${name} PRIVATE $<TARGET_FILE:bootstrap_${room}>)
  endforeach()
  target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# bootstrap_static_program(NAME pattern...)
# A helper that runs inside other root filesystems, of the sources that match: no shared library, quick to start.
function(bootstrap_static_program name)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/)
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  # The sanitizers' runtime is not static.
  target_compile_options(${name} PRIVATE -fno-sanitize=all -ffunction-sections)
  # clang mentions that -static makes -pie unused.
  target_link_options(${name} PRIVATE -static -fno-sanitize=all -Wl,--gc-sections -s
                      $<$<CXX_COMPILER_ID:Clang>:-Qunused-arguments>)
  install(TARGETS ${name} RUNTIME DESTINATION ${helpers})
endfunction()

# bootstrap_preloaded_library(NAME source)
# A helper that the C library of another root filesystem loads into its programs: with nothing of C++'s library.
function(bootstrap_preloaded_library name source)
  add_library(${name} MODULE ${source})
  set_target_properties(${name} PROPERTIES PREFIX "" UNITY_BUILD OFF CXX_VISIBILITY_PRESET hidden)
  target_compile_options(${name} PRIVATE -fno-sanitize=all -fno-exceptions -fno-rtti -fno-threadsafe-statics
                         -Wno-deprecated-declarations)
  target_link_options(${name} PRIVATE -fno-sanitize=all -nodefaultlibs -s)
  target_link_libraries(${name} PRIVATE c)
  install(TARGETS ${name} LIBRARY DESTINATION ${helpers})
endfunction()
