// zlib is an interface of every Linux system: gzip of reports, compressed sections of ELF files.
#include <zlib.h>
