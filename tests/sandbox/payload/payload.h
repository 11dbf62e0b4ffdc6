// The program that the sandbox's tests run in the box: it does one thing that a package script or a service
// may do, by accident or on purpose, and says how it went. Linked statically, so that it is a whole tree by
// itself.
#pragma once

#include <string>
#include <vector>

using Arguments = std::vector<std::string>;

/// Prints "NAME OK", or "NAME EPERM" or whatever errno says, for the result of a system call.
void report(const char* name, long result);

/// Prints one line for every way out that is tried (attempts.h): its name and "OK", or why not. The arguments
/// are facts of the machine outside, as KEY=VALUE.
int try_to_escape(const Arguments& facts);

/// What dpkg and maintainer scripts do to files.
int install(const Arguments&);

/// serve PORT STATUS BODY UNREADY ENDING: HTTP, the first UNREADY answers being 503. ENDING "close" closes
/// after an answer; "length" announces its length and leaves the connection open; "never" does neither.
int serve(const Arguments& arguments);

/// share WAY MEGABYTES [PROCESSES]: takes so much memory in a way of its kind, has so many processes besides
/// that share it, and holds it for a while. Fails when it is refused.
int share(const Arguments& arguments);
