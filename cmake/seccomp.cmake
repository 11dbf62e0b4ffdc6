# The system call filters of the sandbox are compiled when we are built: libseccomp takes milliseconds for what never
# changes, and is not needed at run time.
add_executable(seccomp-compiler src/seccomp_compiler.cc src/sandbox/seccomp_policy.cc)
target_include_directories(seccomp-compiler PRIVATE src)
target_link_libraries(seccomp-compiler PRIVATE bootstrap_base PkgConfig::libseccomp)
set(programs ${PROJECT_BINARY_DIR}/generated/sandbox/seccomp_programs.h)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/sandbox)
# COMMAND alone would not make it anew when the compiler has changed.
add_custom_command(OUTPUT ${programs} COMMAND seccomp-compiler ${programs} DEPENDS seccomp-compiler VERBATIM)
target_sources(bootstrap_sandbox PRIVATE ${programs})
target_include_directories(bootstrap_sandbox PRIVATE ${PROJECT_BINARY_DIR}/generated)
