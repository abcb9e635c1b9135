// Included last by every file of safe/: what may not be called in a signal handler, in a vfork child or
// before libc is initialised cannot even be written there. scripts/check looks at the object files too.
#ifndef SLV_POISON_H
#define SLV_POISON_H

// The heap, stdio, strings: locks, or interceptors of a sanitizer.
#pragma GCC poison malloc calloc realloc free strdup alloca
#pragma GCC poison printf fprintf snprintf dprintf puts perror fopen fclose fflush
#pragma GCC poison strlen strcmp strncmp strcpy strcat strchr strstr memcmp memmove memchr
// Wrappers: they set errno, are cancellation points, or are our hooks.
#pragma GCC poison read write pread pwrite openat close mmap munmap mremap mprotect madvise
#pragma GCC poison fcntl fallocate ftruncate unlink rename readlink lseek
#pragma GCC poison fork vfork execve posix_spawn waitpid waitid kill raise getpid gettid
#pragma GCC poison sigprocmask sigemptyset sigfillset sigaltstack pthread_sigmask
// The environment, the loader, ends, threads, time.
#pragma GCC poison getenv setenv putenv environ dlopen dlsym dlclose
#pragma GCC poison exit _exit abort atexit assert
#pragma GCC poison pthread_create pthread_mutex_lock pthread_mutex_unlock pthread_once
#pragma GCC poison nanosleep usleep clock_gettime gettimeofday syscall

#endif
