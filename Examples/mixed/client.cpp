// Sends one request to the service and prints the reply.  client SOCKET REQUEST
//
// `//= N`: how often the line runs in run.sh.
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

class Connection {
public:
  explicit Connection(const std::string &path) : descriptor(socket(AF_UNIX, SOCK_STREAM, 0))
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (connect(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
      throw std::runtime_error(path + ": " + std::strerror(errno)); //= 0
    }
  }
  ~Connection() { close(descriptor); }
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  std::string ask(const std::string &request) const
  {
    const std::string line = request + "\n";
    if (write(descriptor, line.data(), line.size()) < 0) {
      throw std::runtime_error("the service does not listen"); //= 0
    }
    std::string reply;
    char byte;
    while (read(descriptor, &byte, 1) == 1 && byte != '\n') {
      reply += byte;
    }
    if (reply.empty()) {
      throw std::runtime_error("no reply to " + request); //= 2
    }
    return reply; //= 3
  }

private:
  int descriptor;
};

} // namespace

// Nobody catches what is thrown here: the process ends by SIGABRT.
int main(int argc, char **argv)
{
  if (argc != 3) {
    std::cerr << "usage: client SOCKET REQUEST\n"; //= 0
    return 2;
  }
  const Connection service(argv[1]); //= 5
  std::cout << service.ask(argv[2]) << std::endl;
  return 0;
}
