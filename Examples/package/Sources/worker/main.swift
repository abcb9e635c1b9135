import queue

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

var queue = Queue()
queue.add("first")  //= 1
queue.add("second")  //= 1
print(queue.next() ?? "none")  //= 1
fflush(nil)
kill(getpid(), SIGKILL)  //= 1
print("never")  //= 0
