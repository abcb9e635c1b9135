// The core dump filter. The default, 0x33, leaves shared file pages out of cores, and our counter
// pages hold the program's own variables: without bit 3 gdb would show their values from the counter
// file, which the next owner of the slot changes. Only lives with a shared page set it; every exec
// puts it back (the filter is inherited by exec).
#include "counters/counters.h"

#define MAPPED_SHARED 8u

static SLV_HOT uint32_t original; // as the program had it; 0: not changed by us

// Context: any
static int open_filter(int flags) { return slv_sys_open("/proc/self/coredump_filter", flags, 0); }

// Context: any
static void put(int file, uint32_t value) {
  char text[11] = "0x";
  slv_hex(text + 2, value, 8);
  slv_sys_write(file, text, 10);
}

// Context: any
static void write_filter(uint32_t value) {
  int file = open_filter(O_WRONLY);
  if (file < 0) return;
  put(file, value);
  slv_sys_close(file);
}

// Context: any
static uint32_t get(int file) {
  char text[16] = "";
  uint64_t value = 0;
  if (slv_sys_read(file, text, sizeof text) < 8 || !slv_parse_hex(text, 8, &value)) return 0;
  return (uint32_t)value;
}

// Context: any
void slv_core_filter_share(void) {
  static SLV_HOT int looked;
  if (looked || slv_process.sandboxed) return;
  looked = 1;
  int file = open_filter(O_RDWR);
  if (file < 0) return;
  uint32_t now =
      slv_process.cell->core_filter; // what a parent under the shim had before its change
  uint32_t stands = get(file);
  if (now == 0) now = stands;
  // Where both have the bit the program asked for it itself.
  if (stands != 0 && (now != stands || (now & MAPPED_SHARED) == 0)) original = now;
  if (stands != 0 && (stands & MAPPED_SHARED) == 0) put(file, stands | MAPPED_SHARED);
  slv_sys_close(file);
}

// A new image whose parent spawned it with our filter, and that shares no page. Context: constructor
void slv_core_filter_start(void) {
  uint32_t wanted = slv_process.cell->core_filter;
  if (wanted != 0 && original == 0) write_filter(wanted);
}

// Context: any
uint32_t slv_core_filter_original(void) { return original; }

// Context: any
void slv_core_filter_restore(void) {
  if (original != 0 && !slv_process.sandboxed) write_filter(original);
}

// Context: any
void slv_core_filter_again(void) {
  if (original != 0 && !slv_process.sandboxed) write_filter(original | MAPPED_SHARED);
}
