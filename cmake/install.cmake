# What `cmake --install` installs besides the programs. All of it is there once `bootstrap` is built.
include(GNUInstallDirs)
set(documents ${CMAKE_INSTALL_DOCDIR})

# bootstrap_prints(FILE argument...)
# FILE, in the build tree, is what the program that was just built prints with these arguments.
set(printed ${PROJECT_BINARY_DIR}/generated/printed)
file(MAKE_DIRECTORY ${printed})
function(bootstrap_prints file)
  string(JOIN " " arguments ${ARGN})
  add_custom_command(TARGET bootstrap POST_BUILD BYPRODUCTS ${printed}/${file} VERBATIM
    COMMAND sh -c "\"$1\" ${arguments} >\"$2\"" sh $<TARGET_FILE:bootstrap> ${printed}/${file})
endfunction()

bootstrap_prints(bootstrap.1 --manual-page)
install(FILES ${printed}/bootstrap.1 docs/man/bootstrap-box.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

bootstrap_prints(recipe.schema.json schema)
install(FILES ${printed}/recipe.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/bootstrap)

install(FILES completions/bootstrap.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME bootstrap)
install(FILES completions/_bootstrap DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES completions/bootstrap.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(FILES src/sandbox/bootstrap-box.apparmor DESTINATION ${CMAKE_INSTALL_DATADIR}/bootstrap)
install(FILES README.md LICENSE DESTINATION ${documents})
install(DIRECTORY docs DESTINATION ${documents} PATTERN man EXCLUDE)
# As they lie in the source, so that they name each other.
install(DIRECTORY recipes keys DESTINATION ${documents}/examples PATTERN "*.lock.json" EXCLUDE)
