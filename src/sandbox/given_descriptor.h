// Which of our descriptors a program in a box may have as they are.
#pragma once

namespace bootstrap {

/// What a descriptor leads to is more than what is read from it or written to it: a directory of the host can
/// be walked from there, a device takes commands, descriptors come in by a socket. So a program's standard
/// input may be a file or a pipe that is open for reading alone, its output a pipe that is open for writing
/// alone; and both /dev/null. All else is carried: what is read from it or for it goes through a pipe of
/// ours.
///@{
bool may_be_input(int fd);
bool may_be_output(int fd);
///@}

}  // namespace bootstrap
