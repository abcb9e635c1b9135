// Ends that only C++ has. Part of the C++ build of the program alone.
#include "fixture.h"
#include <exception>
#include <stdexcept>
#include <thread>

#define END(name) static int name(const struct context *context)

namespace {

struct Leaves {
  ~Leaves() { handled(); }
};

struct Static {
  bool armed = false;
  ~Static() {
    if (armed) at_end();
  }
} with_destructor;

template <typename Number> NOINLINE Number twice(Number value) {
  before();
  return value + value;
}

END(uncaught) {
  (void)context;
  before();
  throw std::runtime_error("nobody catches this");
}

END(caught) {
  (void)context;
  try {
    Leaves leaves;
    throw 7;
  } catch (int number) {
    jumped();
    return 70 + number;
  }
}

END(terminates) {
  (void)context;
  std::set_terminate([] {
    handled();
    std::_Exit(78);
  });
  before();
  std::terminate();
}

NOINLINE void throws_inside() noexcept(false) { throw 1; }
void promised() noexcept { throws_inside(); }

END(broken_promise) {
  (void)context;
  before();
  promised();
  after();
  return 0;
}

END(static_destructor) {
  (void)context;
  with_destructor.armed = true;
  before();
  return 79;
}

END(exit_skips_locals) {
  (void)context;
  Leaves leaves;
  with_destructor.armed = true;
  before();
  std::exit(80);
}

END(thread_throws) {
  (void)context;
  before();
  std::thread thread([] {
    in_thread();
    throw 1;
  });
  thread.join();
  after();
  return 0;
}

END(templates) {
  (void)context;
  int sum = twice(1) + static_cast<int>(twice(2.0)) + static_cast<int>(twice(3L));
  raise(SIGKILL);
  return sum;
}

END(unwinds_into_kill) {
  (void)context;
  struct Kills {
    ~Kills() {
      handled();
      raise(SIGKILL);
    }
  };
  try {
    Kills kills;
    before();
    throw 1;
  } catch (int) {
    after();
  }
  return 0;
}

} // namespace

const struct death cxx_deaths[] = {
    {"uncaught", uncaught},
    {"caught", caught},
    {"terminate", terminates},
    {"noexcept", broken_promise},
    {"static-destructor", static_destructor},
    {"exit-skips-locals", exit_skips_locals},
    {"thread-throws", thread_throws},
    {"templates", templates},
    {"unwind-killed", unwinds_into_kill},
    {nullptr, nullptr},
};
