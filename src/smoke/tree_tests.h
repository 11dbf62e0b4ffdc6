// Tests that only look at the unpacked image.
#pragma once

#include "rootfs/tree.h"
#include "smoke/expectation.h"

namespace bootstrap {

std::optional<Failure> check_file(const FileTest& test, const Tree& tree);
std::optional<Failure> check_user(const UserTest& test, const Tree& tree);
std::optional<Failure> check_no_setuid(const NoSetuidTest& test, const Tree& tree);

}  // namespace bootstrap
