// Catch2, either major version: Debian bookworm has 2.13, trixie and upstream have 3.
#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
