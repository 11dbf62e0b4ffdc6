# Every library is Debian's own package; scripts/packages.txt lists them by package name.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)

# yaml-cpp exported its target as `yaml-cpp` until 0.8.
find_package(yaml-cpp REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

foreach(module curl=libcurl gpgme=gpgme lzma=liblzma libsolv=libsolv libarchive=libarchive libdeflate=libdeflate
               zstd=libzstd libseccomp=libseccomp)
  string(REPLACE "=" ";" pair ${module})
  list(GET pair 0 target)
  list(GET pair 1 package)
  pkg_check_modules(${target} REQUIRED IMPORTED_TARGET ${package})
endforeach()
