// The tests of one image on its unpacked tree, one after the other.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "sandbox/sandbox.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// An image to be tested.
struct TestSubject {
  Json config;           ///< the OCI image config
  ImageOptions options;  ///< runtime_options() of it
  int root = -1;         ///< descriptor of the unpacked tree
};

/// What a test starts. It refers to `test`, which must outlive it.
SandboxSpec sandbox_spec(const SmokeTest& test, const TestSubject& subject, const TestConditions& conditions);

/// `progress` is told of each test as it begins.
TestReport run_tests(const std::vector<SmokeTest>& tests, const TestSubject& subject,
                     const TestConditions& conditions, Sandbox& sandbox,
                     const std::function<void(std::string_view)>& progress);

}  // namespace bootstrap
