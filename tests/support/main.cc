// Catch2 v2 wants its main() compiled by the user, v3 brings one as a library.
#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#else
#include <catch2/catch_version_macros.hpp>
#endif
