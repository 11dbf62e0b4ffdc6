# The Debian package of the release that this is built on; scripts/package makes it, and an archive around it.
file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
string(REGEX REPLACE "^VERSION_ID=\"?([0-9.]*).*$" "+deb\\1" release "${release}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bootstrap)
set(CPACK_PACKAGE_VENDOR bootstrap)
set(CPACK_PACKAGE_CONTACT "bootstrap maintainers <maintainers@bootstrap.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};bootstrap;ALL;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian_files.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# A package of trixie is newer than one of bookworm: who upgrades his machine gets the one for its libraries.
set(CPACK_DEBIAN_PACKAGE_RELEASE "1${release}")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "reproducible bootstrapper of tested OCI images
A recipe becomes a minimal root filesystem made of verified Debian packages,
and that a versioned, layered OCI image that has passed its smoke tests. The
same lock gives the same bytes on every machine.

Maintainer scripts, smoke tests and programs that are run from images do so
in a sandbox of Linux namespaces; no root is needed where the user has
subordinate ids.")
# What it loads; and what it starts: newuidmap, gpg (by way of GPGME), and certificates to believe servers with.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, gpg, uidmap")
# Networks for `run`, images of other architectures, `update --commit`.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git, nftables, passt | slirp4netns, qemu-user-static")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "apparmor, podman, skopeo")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
