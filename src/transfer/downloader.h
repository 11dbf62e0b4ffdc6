// The program bootstrap-downloader: a CurlFetcher that is asked over a socket (fetch/messages.h) by the
// SeparateFetcher of bootstrap.
#pragma once

namespace bootstrap {

/// Its main(): `bootstrap-downloader STORE [file-URL...]`, with the socket as standard input. Confines
/// itself, then answers requests until the other side is gone. Of local files only those that are named can
/// be fetched.
int downloader_main(int argc, char** argv);

}  // namespace bootstrap
