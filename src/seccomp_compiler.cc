// Runs while bootstrap is built: writes the system call filters as arrays of a C++ header.
#include <exception>
#include <fstream>
#include <iostream>

#include "sandbox/seccomp_policy.h"

namespace {

void write_program(std::ostream& out, const char* name, const bootstrap::BpfProgram& program) {
  out << "inline constexpr sock_filter " << name << "[] = {\n";
  for (const sock_filter& instruction : program) {
    out << "    {" << instruction.code << ", " << +instruction.jt << ", " << +instruction.jf << ", "
        << instruction.k << "U},\n";
  }
  out << "};\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: seccomp-compiler HEADER\n";
    return 2;
  }
  std::ofstream out(argv[1]);
  out << "// Made by seccomp-compiler from sandbox/seccomp_policy.cc.\n#pragma once\n\n"
         "#include <linux/filter.h>\n\nnamespace bootstrap {\n\n";
  write_program(out, "kRefusalFilter", bootstrap::compile_refusal_filter());
  write_program(out, "kCallFilter", bootstrap::compile_call_filter());
  out << "\n}  // namespace bootstrap\n";
  out.close();
  return out ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "seccomp-compiler: " << error.what() << "\n";
  return 1;
}
