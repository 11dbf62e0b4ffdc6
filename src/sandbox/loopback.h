// The interface that every network namespace has, and that is down in a new one.
#pragma once

namespace bootstrap {

void bring_up_loopback();

}  // namespace bootstrap
